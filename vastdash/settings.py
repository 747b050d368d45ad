"""Settings of the site. What differs between installations comes from the variables in ``environment.py``."""

import secrets
from pathlib import Path

from csp.constants import NONE, SELF
from django.contrib.messages import constants as messages
from dotenv import load_dotenv

from vastdash.database import database
from vastdash.environment import HIGHEST_PORT, LOG_LEVELS, PLAYBACK_MODES, Environment, env_file

BASE_DIR = Path(__file__).resolve().parent.parent
load_dotenv(env_file(BASE_DIR))  # what is exported wins over the file
env = Environment()

DATA_DIR = (BASE_DIR / env.text("VASTDASH_DATA_DIR")).resolve()
DEBUG = env.flag("VASTDASH_DEBUG")


def _kept_secret_key() -> str:
    """The key in the data folder, made on first use, so that sign-ins survive a restart."""
    path = DATA_DIR / "secret_key"
    if not path.exists():
        DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)  # the database there holds sign-ins
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text().strip()


SECRET_KEY = env.text("VASTDASH_SECRET_KEY") or _kept_secret_key()
ALLOWED_HOSTS = env.names("VASTDASH_ALLOWED_HOSTS")

INSTALLED_APPS = [
    "vastdash",
    "pipeline",
    "playback",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "axes",
    "channels",
    "csp",
    "django_filters",
    "django_htmx",
    "lucide",
    "ninja",
    "template_partials.apps.SimpleAppConfig",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "vastdash.tokens.TokenMiddleware",
    "vastdash.web.AccessMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "vastdash.urls"
ASGI_APPLICATION = "vastdash.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "django.template.loaders.filesystem.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                )
            ],
            "builtins": [
                "template_partials.templatetags.partials",
                "vastdash.templatetags.vastdash",
                "vastdash.templatetags.glossary",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "vastdash.web.may_context",
            ],
        },
    }
]

DATABASES = {"default": database(env.text("VASTDASH_DATABASE_URL"), DATA_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CHANNEL_LAYERS = {
    "default": (
        {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [env.text("VASTDASH_REDIS_URL")]},
        }
        if env.text("VASTDASH_REDIS_URL")
        else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    )
}

AUTH_USER_MODEL = "vastdash.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "registration/locked.html"

MESSAGE_TAGS = {messages.ERROR: "danger"}  # as Tabler calls it

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "staticfiles"
SERVESTATIC_USE_FINDERS = True  # no collectstatic step: the files are served from where they are
SERVESTATIC_ALLOW_ALL_ORIGINS = False
SERVESTATIC_AUTOREFRESH = DEBUG

HTTPS = env.flag("VASTDASH_HTTPS")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
CSRF_FAILURE_VIEW = "vastdash.web.strange_form"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # Tabler draws its arrows and checks as data: SVGs
        "font-src": [SELF],
        "connect-src": [SELF],
        "media-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# The host layer of receiver configurations; pages show it, nobody edits it there (pipeline/configuration/layers.py).
RECEIVER_CONFIG = env.json_object("VASTDASH_RECEIVER_CONFIG")
FETCH_ALLOWED = env.names("VASTDASH_FETCH_ALLOWED")
TRUSTED_PROXIES = env.names("VASTDASH_TRUSTED_PROXIES")
ENDPOINT_RATE = env.number("VASTDASH_ENDPOINT_RATE")
ENDPOINT_RECORDED = env.number("VASTDASH_ENDPOINT_RECORDED")

REPORT_DAYS_MAX = env.number("VASTDASH_REPORT_DAYS_MAX", least=1)
REPORT_RATE = env.number("VASTDASH_REPORT_RATE")

UPLOAD_MAX_BYTES = env.number("VASTDASH_UPLOAD_MAX_BYTES", least=1)
# Whole bodies are limited in front of Django (limits.py), uploads at their field (pipeline/intake.py).
DATA_UPLOAD_MAX_MEMORY_SIZE = None
FILE_UPLOAD_MAX_MEMORY_SIZE = UPLOAD_MAX_BYTES
# Where sessions run: a class with the public methods of this one. A worker elsewhere is another such class.
SESSION_RUNNER = "playback.live.runner.Runner"
# Where batches run: a class with `open`, `close` and `submit`; a worker elsewhere runs `manage.py run_batch`.
BATCH_RUNNER = "playback.batches.runner.Runner"
BATCH_SESSIONS_MAX = env.number("VASTDASH_BATCH_SESSIONS_MAX", least=1)
RUNNING_SESSIONS_MAX = env.number("VASTDASH_RUNNING_SESSIONS_MAX")
ASKING_SESSIONS_MAX = env.number("VASTDASH_ASKING_SESSIONS_MAX", least=1)
PLAYBACK_MODE = env.choice("VASTDASH_PLAYBACK_MODE", PLAYBACK_MODES)
SESSION_PERSISTENCE = env.flag("VASTDASH_SESSION_PERSISTENCE")
MEDIA_HOSTS = env.names("VASTDASH_MEDIA_HOSTS")
RETENTION_DAYS = env.number("VASTDASH_RETENTION_DAYS", most=36500)
SERVE_HOST = env.text("VASTDASH_HOST")
SERVE_PORT = env.number("VASTDASH_PORT", most=HIGHEST_PORT)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "vastdash.logs.formatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": env.choice("VASTDASH_LOG_LEVEL", LOG_LEVELS)},
    "loggers": {
        # One line a request comes from django-structlog; the servers' own access lines would double it.
        "uvicorn.access": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
        "axes": {"level": "WARNING"},
        # An auction's address may carry keys in its query.
        "httpx": {"level": "WARNING"},
    },
}
