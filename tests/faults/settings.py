"""Settings of a worker under test: those of the tests, a real SMTP server, a short wait."""

from config.settings_test import *  # noqa: F403  (the same settings, then what differs)
from config.settings_test import CELERY_BROKER_TRANSPORT_OPTIONS

# How long a task of a worker that vanished waits before another takes it over.
VISIBILITY_SECONDS = 5
CELERY_BROKER_TRANSPORT_OPTIONS = CELERY_BROKER_TRANSPORT_OPTIONS | {
    "visibility_timeout": VISIBILITY_SECONDS
}
MAIL_DELIVERY_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_TIMEOUT = 2
