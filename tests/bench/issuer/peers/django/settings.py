"""A site with PyPI `djangorestframework-sso`: log in, then exchange session for authorization tokens.

`BENCH_FOLDER` is where database and keys lie, `BENCH_ALGORITHM` what tokens are signed with.
"""

import json
import os

FOLDER = os.environ["BENCH_FOLDER"]
ALGORITHM = os.environ["BENCH_ALGORITHM"]
ARGON2 = json.loads(os.environ["BENCH_ARGON2"])

SECRET_KEY = "a-secret-of-the-benchmark-that-protects-nothing"
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "urls"
WSGI_APPLICATION = "wsgi.application"
USE_TZ = True
# Nothing that an API does not need.
MIDDLEWARE = []
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "rest_framework",
    "rest_framework_sso",
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.path.join(FOLDER, f"{ALGORITHM}.sqlite3"),
        # Kept open, and as safe as ours: write-ahead log, each commit on the disk first.
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
            "transaction_mode": "IMMEDIATE",
            # A log-in holds the write lock while it hashes; others wait for it, not in vain.
            "timeout": 30,
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = ["hasher.Argon2"]
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework_sso.authentication.JWTAuthentication"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
}
REST_FRAMEWORK_SSO = {
    "IDENTITY": "bench",
    "SESSION_AUDIENCE": ["bench"],
    "AUTHORIZATION_AUDIENCE": ["orders"],
    "ENCODE_ALGORITHM": ALGORITHM,
    "KEY_STORE_ROOT": FOLDER,
    "PRIVATE_KEYS": {"bench": [f"{ALGORITHM}.pem"]},
    "PUBLIC_KEYS": {"bench": [f"{ALGORITHM}.pem"]},
    "CREATE_AUTHORIZATION_PAYLOAD": "payload.create_authorization_payload",
}
