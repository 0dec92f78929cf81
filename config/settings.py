"""Settings of Cauce: wiring only. What differs between places comes from the environment.

`CAUCE_BASE_URL` is the address people type. When it begins with https, cookies, redirects
and HSTS follow (`config.transport`); without it the portal speaks http on loopback only.
"""

from pathlib import Path

import environ
from csp.constants import NONE, SELF

from config.schedule import BEAT_SCHEDULE
from config.transport import transport_settings

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# Where and who --------------------------------------------------------------------------
CAUCE_HOME = Path(env("CAUCE_HOME", default=str(BASE_DIR / ".cauce")))
BASE_URL = env("CAUCE_BASE_URL", default="http://127.0.0.1:8000").rstrip("/")
DEMO = env.bool("CAUCE_DEMO", default=False)
SETUP_TOKEN = env("CAUCE_SETUP_TOKEN", default="")
DEBUG = False
SECRET_KEY = env("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
# Keys of encrypted values, newest first: "id:base64 of 32 bytes", independent of SECRET_KEY.
FIELD_KEYS = env.list("CAUCE_KEYS")

globals().update(transport_settings(BASE_URL, proxies=env.int("CAUCE_PROXIES", default=0)))

# Apps -----------------------------------------------------------------------------------
INSTALLED_APPS = [
    "apps.portal",
    "apps.manual",
    "apps.standards",
    "apps.improvement",
    "apps.documents",
    "apps.indicators",
    "apps.notifications",
    "apps.accounts",
    "apps.core",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "auditlog",
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "django_celery_beat",
    "django_filters",
    "django_htmx",
    "django_prose_editor",
    "guardian",
    "pgtrigger",
    "tree_queries",
]

MIDDLEWARE = [
    "apps.core.middleware.headers.HeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "apps.core.middleware.errors.ErrorsMiddleware",
    "apps.core.middleware.input_guard.InputGuardMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "apps.accounts.middleware.SessionLimitsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "apps.core.middleware.access.AccessMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "apps.core.middleware.audit.AuditMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "apps.core.context.shell",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# Data -----------------------------------------------------------------------------------
DATABASES = {"default": env.db("DATABASE_URL")}
DATABASES["default"] |= {
    "ENGINE": "django.db.backends.postgresql",
    "CONN_MAX_AGE": 600,
    "CONN_HEALTH_CHECKS": True,
    "ATOMIC_REQUESTS": False,
    "DISABLE_SERVER_SIDE_CURSORS": env.bool("CAUCE_POOLED", default=False),
}
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 3)
if not DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"]:
    # Statements of core.prepared look rows up by key: one plan serves all values.
    DATABASES["default"]["OPTIONS"].setdefault("options", "-c plan_cache_mode=force_generic_plan")

REDIS_URL = env("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "apps.core.cache.ResilientCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "cauce",
        "OPTIONS": {
            "serializer": "apps.core.cache.JsonSerializer",
            "socket_connect_timeout": 0.5,
            "socket_timeout": 0.5,
        },
    },
    # SECURITY: limits must hold while the cache server is away; this table is its stand-in.
    "fallback": {
        "BACKEND": "apps.core.cache.TableCache",
    },
}

# People ---------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.Person"
AUTHENTICATION_BACKENDS = ["apps.accounts.backends.PersonBackend"]
# Object permissions are read as rows joined by querysets (DESIGN §4), never asked one by one.
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False
GUARDIAN_MONKEY_PATCH_GROUP = False
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "apps.accounts.passwords.StrengthValidator"},
]
PASSWORD_RESET_TIMEOUT = 3600
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "portal:home"
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_SAVE_EVERY_REQUEST = False
SESSION_IDLE_MINUTES = 60
SESSION_IDLE_MINUTES_SENSITIVE = 30
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "apps.core.views.errors.csrf_failure"

ACCOUNT_ADAPTER = "apps.accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_PREVENT_ENUMERATION = "strict"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_LOGIN_ON_PASSWORD_RESET = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = BASE_URL.partition(":")[0]
ACCOUNT_RATE_LIMITS = {
    # Failures of a password are counted in apps.accounts.throttle; these of a second factor
    # are per person, whatever the address. Addresses are limited loosely: offices share one.
    "login": "240/m/ip",
    "login_failed": "5/5m/key",
    "reset_password": "20/m/ip,5/h/key",
    "reset_password_from_key": "20/m/ip",
    "reauthenticate": "10/m/user",
    "change_password": "5/m/user",
    "manage_email": "10/m/user",
    "confirm_email": "1/3m/key",
}
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"
ACCOUNT_FORMS = {
    "login": "apps.accounts.door.forms.SignInForm",
    "reauthenticate": "apps.accounts.door.forms.ConfirmForm",
    "change_password": "apps.accounts.door.forms.ChangePasswordForm",
    "reset_password": "apps.accounts.door.forms.ForgottenPasswordForm",
    "reset_password_from_key": "apps.accounts.door.forms.NewPasswordForm",
    "user_token": "apps.accounts.door.forms.ResetLinkForm",
}
MFA_FORMS = {
    "authenticate": "apps.accounts.door.forms.CodeForm",
    "reauthenticate": "apps.accounts.door.forms.ConfirmCodeForm",
    "activate_totp": "apps.accounts.door.forms.ActivateAppForm",
    "add_webauthn": "apps.accounts.door.passkeys.AddPasskeyForm",
    "edit_webauthn": "apps.accounts.door.passkeys.RenamePasskeyForm",
    "authenticate_webauthn": "apps.accounts.door.passkeys.PasskeyForm",
    "reauthenticate_webauthn": "apps.accounts.door.passkeys.ConfirmPasskeyForm",
    "login_webauthn": "apps.accounts.door.passkeys.PasskeySignInForm",
}
MFA_RATE_LIMITS = {"webauthn_login": "120/m/ip"}
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_ADAPTER = "apps.accounts.adapter.MfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Cauce"
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODE_COUNT = 10
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TRUST_ENABLED = False
MFA_WEBAUTHN_USER_VERIFICATION = "required"
USERSESSIONS_ADAPTER = "apps.accounts.adapter.SessionsAdapter"
USERSESSIONS_TRACK_ACTIVITY = False
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("CAUCE_PROXIES", default=0)

# Language -------------------------------------------------------------------------------
LANGUAGE_CODE = "es"
LANGUAGES = [("es", "Español")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env("CAUCE_TIME_ZONE", default="America/Bogota")
USE_TZ = True
USE_I18N = True
FORMAT_MODULE_PATH = ["config.formats"]

# Files ----------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = Path(env("CAUCE_ASSETS", default=str(CAUCE_HOME / "assets")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
MEDIA_ROOT = CAUCE_HOME / "files"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
# SECURITY: without this, every static file tells other sites that they may read it.
WHITENOISE_ALLOW_ALL_ORIGINS = False
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
UPLOAD_MAX_BYTES = 10 * 1024 * 1024
UPLOAD_MAX_PIXELS = 40_000_000
UPLOAD_QUOTA_BYTES_PER_DAY = 200 * 1024 * 1024
UPLOAD_SCANNER = env("CAUCE_SCANNER", default="")

# Browser --------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "font-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "form-action": [SELF],
        "manifest-src": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
        "report-uri": "/salud/csp",
    }
}
X_FRAME_OPTIONS = "DENY"

# Mail: every message is a row first (core.mail), a job delivers it -----------------------
EMAIL_BACKEND = "apps.core.mail.OutboxBackend"
MAIL_DELIVERY_BACKEND = env(
    "CAUCE_MAIL_BACKEND",
    default="django.core.mail.backends.filebased.EmailBackend"
    if "EMAIL_URL" not in env.ENVIRON
    else "django.core.mail.backends.smtp.EmailBackend",
)
EMAIL_FILE_PATH = CAUCE_HOME / "mail"
if "EMAIL_URL" in env.ENVIRON:
    globals().update(env.email("EMAIL_URL"))
    EMAIL_BACKEND = "apps.core.mail.OutboxBackend"
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env("CAUCE_MAIL_FROM", default="no-responder@localhost")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# Jobs (PITFALLS of Celery: late acks, restore soon, JSON only) ----------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SOFT_TIME_LIMIT = 270
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 0.5,
    "socket_timeout": 5,
    "retry_on_timeout": False,
    # A request never waits for an absent broker: the outbox's sweeper sends later (F6).
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BEAT_SCHEDULE = BEAT_SCHEDULE
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_TIMEZONE = TIME_ZONE
CELERY_ENABLE_UTC = True
DJANGO_CELERY_BEAT_TZ_AWARE = True

# Audit ----------------------------------------------------------------------------------
AUDITLOG_DISABLE_REMOTE_ADDR = False
AUDITLOG_INCLUDE_ALL_MODELS = False
AUDITLOG_CID_HEADER = None
AUDITLOG_CID_GETTER = "apps.core.middleware.headers.current_reference"
AUDITLOG_USE_BASE_MANAGER = True

# Log: times in UTC, one line a record -----------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"one_line": {"()": "apps.core.logs.OneLineFilter"}},
    "formatters": {"line": {"()": "apps.core.logs.UtcFormatter"}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["one_line"],
        }
    },
    "root": {"handlers": ["stderr"], "level": env("CAUCE_LOG_LEVEL", default="INFO")},
    "loggers": {"django.server": {"handlers": ["stderr"], "propagate": False}},
}

DEFAULT_EXCEPTION_REPORTER_FILTER = "apps.core.logs.ReportFilter"

# guardian asks for its backend, which would answer has_perm object by object.
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]
