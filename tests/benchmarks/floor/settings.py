"""The floor: the smallest authenticated Django page. Every speed figure is a ratio to it.

Session sign-in from the database, one indexed query, thirty rows in a template table: three
SQL statements. Served by the same server with the same number of processes as the portal.
"""

import os
from pathlib import Path

import environ

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent
SECRET_KEY = "the-floor-keeps-no-secret-" + "x" * 30
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
ROOT_URLCONF = "tests.benchmarks.floor.urls"
WSGI_APPLICATION = "tests.benchmarks.floor.wsgi.application"
DATABASES = {
    "default": env.db_url_config(os.environ["FLOOR_DATABASE_URL"])
    | {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
}
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
            ]
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
