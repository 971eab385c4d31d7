"""Settings: everything from the environment, safe for production unless told otherwise.

Without DATABASE_URL and REDIS_URL the product runs embedded: SQLite in WAL mode, a folder as
broker, a relay channel layer over a local socket. With them the same code runs on PostgreSQL and
Redis with separate workers. Nothing outside this file reads those variables.
"""

import os
import secrets
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured


def env(name: str, default: str = "") -> str:
    """The variable's value, or that of the file named by NAME_FILE (for mounted secrets)."""
    file = os.environ.get(f"{name}_FILE")
    if file:
        return Path(file).read_text().strip()
    return os.environ.get(name, default)


def env_bool(name: str, default: bool) -> bool:
    value = env(name).lower()
    if value in {"", "1", "true", "yes", "on", "0", "false", "no", "off"}:
        return default if not value else value in {"1", "true", "yes", "on"}
    raise ImproperlyConfigured(f"{name} must be true or false, not {value!r}.")


def env_int(name: str, default: int) -> int:
    value = env(name)
    try:
        return int(value) if value else default
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from None


def env_list(name: str, default: str) -> list[str]:
    return [item.strip() for item in env(name, default).split(",") if item.strip()]


BASE_DIR = Path(__file__).resolve().parents[2]
DATA_DIR = Path(env("DATA_DIR", str(BASE_DIR / "var"))).resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True)
PORT = env_int("PORT", 8000)


def installation_secret() -> str:
    """A secret made once per installation and kept beside its data."""
    path = DATA_DIR / "secret_key"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        secret = secrets.token_urlsafe(50)
        file.write(secret)
    return secret


DEBUG = env_bool("DEBUG", False)
SECRET_KEY = env("SECRET_KEY") or installation_secret()
SECRET_KEY_FALLBACKS = env_list("SECRET_KEY_FALLBACKS", "")
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS", "")

INSTALLED_APPS = [
    "daphne",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "channels",
    "config",
    "accounts",
    "mixing",
    "tournaments",
    "evolution",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "config.security.SecurityHeadersMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.problems.RefusalMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- Stores ---------------------------------------------------------------------------------------

DATABASE_URL = env("DATABASE_URL")
REDIS_URL = env("REDIS_URL")
EMBEDDED = not REDIS_URL

DATABASES: dict[str, Any]
if DATABASE_URL:
    # Persistent connections leak under ASGI: a connection lives as long as its request.
    DATABASES = {"default": dj_database_url.parse(DATABASE_URL, conn_max_age=0)}
else:
    DATABASES = {
        "default": {
            "ENGINE": "config.sqlite",
            "NAME": DATA_DIR / "mixarena.sqlite3",
            "CONN_MAX_AGE": 0,
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;"
                ),
            },
            # A file, not memory: socket tests and threads must see the same database.
            "TEST": {"NAME": DATA_DIR / "test.sqlite3"},
        }
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

if EMBEDDED:
    # Two processes share the cache, so it may not live in one of them.
    CACHES: dict[str, Any] = {
        "default": {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            "LOCATION": DATA_DIR / "cache",
        }
    }
    CHANNEL_LAYERS: dict[str, Any] = {
        "default": {
            "BACKEND": "config.relay.RelayChannelLayer",
            "CONFIG": {"socket_path": str(DATA_DIR / "relay.sock")},
        }
    }
else:
    CACHES = {
        "default": {
            "BACKEND": "config.caches.PooledRedisCache",
            "LOCATION": REDIS_URL,
            "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 5},
        }
    }
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {
                # The layer waits five seconds at a time for a message, which is also redis-py's
                # usual patience: whoever waited just then would lose their socket.
                "hosts": [
                    {"address": REDIS_URL, "socket_connect_timeout": 2, "socket_timeout": 20}
                ],
                "capacity": 100,
                "expiry": 10,
            },
        }
    }

# Processes that `manage.py serve` answers with. Embedded there is one: it alone knows the sockets.
WEB_PROCESSES = 1 if EMBEDDED else max(1, env_int("WEB_PROCESSES", min(4, os.cpu_count() or 1)))

# --- Jobs (values and reasons: CONTRIBUTING.md, "Jobs") -------------------------------------------

CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_TIME_LIMIT = 600
CELERY_TASK_SOFT_TIME_LIMIT = 540
CELERY_IMPORTS = ["config.worker"]
CELERY_TASK_DEFAULT_QUEUE = "short"
CELERY_TASK_ROUTES = {
    "mixing.tasks.render_mix": {"queue": "render"},
    "evolution.tasks.*": {"queue": "evolve"},
}
# Sent by `manage.py serve` in the embedded arrangement, by one `celery beat` in the scaled one. A
# message that waited for a whole round is worth nothing any more.
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "sweep": {"task": "mixing.tasks.sweep", "schedule": 5.0, "options": {"expires": 5}},
    "prune_accounts": {"task": "accounts.tasks.prune", "schedule": 3600.0},
    "prune_clips": {"task": "tournaments.tasks.prune_clips", "schedule": 3600.0},
    "keep_tournaments_going": {
        "task": "tournaments.tasks.keep_tournaments_going",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "measure_trust": {
        "task": "tournaments.tasks.measure_trust",
        "schedule": 300.0,
        "options": {"expires": 300},
    },
    "record_strengths": {"task": "tournaments.tasks.record_strengths", "schedule": 3600.0},
    "catch_up_tastes": {"task": "evolution.tasks.catch_up", "schedule": 300.0},
    "tend_community": {"task": "evolution.tasks.tend", "schedule": 600.0},
    "finetune_mixers": {"task": "evolution.tasks.finetune", "schedule": 86_400.0},
}
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 60
CELERY_WORKER_MAX_TASKS_PER_CHILD = 200
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
if EMBEDDED:
    BROKER_DIR = DATA_DIR / "broker"
    for folder in ("messages", "control"):
        (BROKER_DIR / folder).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_URL = "filesystem://localhost"
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
        "data_folder_in": str(BROKER_DIR / "messages"),
        "data_folder_out": str(BROKER_DIR / "messages"),
        "control_folder": str(BROKER_DIR / "control"),
        "polling_interval": 0.1,
    }
else:
    # Celery spells a Unix socket differently from channels_redis.
    CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://").replace(
        "?db=", "?virtual_host="
    )
    CELERY_VISIBILITY_TIMEOUT = 900
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "visibility_timeout": CELERY_VISIBILITY_TIMEOUT,
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
        "socket_keepalive": True,
        "socket_connect_timeout": 2,
        "health_check_interval": 25,
        # For publishing: a request must not wait for a broker that is away (100 tries are usual).
        # The outbox keeps the message, and workers reconnect by rules of their own.
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0.1,
    }
WORKER_CONCURRENCY = env_int("WORKER_CONCURRENCY", max(1, os.cpu_count() or 1))

# --- People ---------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
PASSWORD_RESET_TIMEOUT = 60 * 60
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
# How many proxies of our own stand in front: so many hops of X-Forwarded-For are believed.
TRUSTED_PROXY_COUNT = env_int("TRUSTED_PROXY_COUNT", 0)
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "config.problems.csrf_failure"
HTTPS = env_bool("HTTPS", False)
if HTTPS:
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# What else runs under a domain and its subdomains is for its owner to know, not for us.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

EMAIL_URL_FOLDER = DATA_DIR / "mail"
if env("EMAIL_HOST"):
    EMAIL_HOST = env("EMAIL_HOST")
    EMAIL_PORT = env_int("EMAIL_PORT", 587)
    EMAIL_HOST_USER = env("EMAIL_HOST_USER")
    EMAIL_HOST_PASSWORD = env("EMAIL_HOST_PASSWORD")
    EMAIL_USE_TLS = env_bool("EMAIL_USE_TLS", True)
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = EMAIL_URL_FOLDER
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", "Mixarena <mixarena@localhost>")

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

# --- Files ----------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
NODE_MODULES = BASE_DIR / "static" / "node_modules"
# Only the files pages use, straight from the packages npm installed.
VENDORED = {
    "vendor/htmx": NODE_MODULES / "htmx.org" / "dist",
    "vendor/wavesurfer": NODE_MODULES / "wavesurfer.js" / "dist",
}
STATICFILES_DIRS: list[Any] = [
    ("css", BASE_DIR / "static" / "css"),
    ("js", BASE_DIR / "static" / "js"),
    ("images", BASE_DIR / "static" / "images"),
    *((prefix, folder) for prefix, folder in VENDORED.items() if folder.is_dir()),
]
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA_DIR / "media"},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_ROOT = DATA_DIR / "media"
UPLOAD_ROOT = DATA_DIR / "uploads"
MODELS_ROOT = DATA_DIR / "models"
# Which variant of a network is loaded: "auto" takes the fastest whose measured error is small.
MODEL_PRECISION = env("MODEL_PRECISION", "auto")
if MODEL_PRECISION not in ("auto", "fp32", "fp16", "int8"):
    raise ImproperlyConfigured("MODEL_PRECISION is auto, fp32, fp16 or int8.")
FILE_UPLOAD_PERMISSIONS = 0o640
DATA_UPLOAD_MAX_NUMBER_FILES = 100
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
USER_QUOTA_BYTES = env_int("USER_QUOTA_MB", 10_240) * 1024 * 1024

# --- API ------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticatedOrReadOnly"],
    "DEFAULT_PAGINATION_CLASS": "config.pagination.Pages",
    "PAGE_SIZE": 50,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "EXCEPTION_HANDLER": "config.problems.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Mixarena",
    "DESCRIPTION": (BASE_DIR / "platform" / "config" / "api_guide.md").read_text(),
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.api_docs.document_problems",
    ],
    "ENUM_NAME_OVERRIDES": {
        "JobState": "mixing.jobs.JobState",
        "SongStatus": "mixing.models.Song.Status",
        "MixerStatus": "mixing.models.Mixer.Status",
        "UploadKind": "mixing.models.Upload.Kind",
        "ExportKind": "mixing.models.Export.Kind",
        "MixSection": "mixing.models.Mix.Section",
        "TournamentState": "tournaments.models.Tournament.State",
        "TournamentStage": "tournaments.serializers.PROGRESS_STATES",
        "ChampionState": "tournaments.serializers.CHAMPION_STATES",
        "VoteChoice": "tournaments.models.Vote.Choice",
        "Side": "tournaments.models.Listening.Side",
    },
}

# --- Compute --------------------------------------------------------------------------------------

MIXARENA_DEVICE = env("MIXARENA_DEVICE", "cpu")
os.environ.setdefault("NUMBA_CACHE_DIR", str(DATA_DIR / "numba"))

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", "WARNING")},
}
