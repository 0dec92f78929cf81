"""Settings of the test run: the same portal, a fast hasher, mail kept in memory by the outbox."""

import os

os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "x" * 50)
os.environ.setdefault("CAUCE_KEYS", "t1:" + "A" * 43 + "=")
os.environ.setdefault("DATABASE_URL", "postgres:///cauce")
os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:6379/0")
os.environ.setdefault("CAUCE_BASE_URL", "http://testserver")

from config.settings import *  # noqa: E402, F403  (the same settings, then what tests change)
from config.settings import MIDDLEWARE, STORAGES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = STORAGES | {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
}
# Nothing is published for tests: static files are found where they lie.
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
MAIL_DELIVERY_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CELERY_TASK_ALWAYS_EAGER = False
MIDDLEWARE = ["tests.plugins.touched.TouchedMiddleware", *MIDDLEWARE]
