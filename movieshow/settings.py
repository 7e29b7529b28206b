"""Settings, all from the environment; what is missing or malformed fails at start, by name.

`make run` sets every variable for a laptop. For your own servers see docs/operations.md.
"""

from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from movieshow import admin_settings, api_settings
from movieshow.api_settings import read_rest_settings
from movieshow.logs import build_logging
from movieshow.tmdb_settings import read_tmdb_settings

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()


def _require(name: str, hint: str) -> str:
    """Return the variable or fail with a line that says how to set it."""
    value: str = env.str(name, default="")
    if not value:
        msg = f"{name} is not set. {hint}"
        raise ImproperlyConfigured(msg)
    return value


MOVIESHOW_HOME = Path(env.str("MOVIESHOW_HOME", default=str(BASE_DIR / ".movieshow")))
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = _require("SECRET_KEY", "Give a long random string (`make run` makes one for you).")
# Former ones, which still read what they signed and sealed.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
_DATABASE_URL = _require("DATABASE_URL", "Example: postgres://user:password@host:5432/movieshow")
REDIS_URL = _require("REDIS_URL", "Example: redis://host:6379/0 or unix:///path/redis.sock")

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# Behind TLS: secure cookies, HSTS and the redirect, all at once. Off on a laptop's plain http.
IS_HTTPS = env.bool("HTTPS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
# For this name alone: other names of the operator's domain may have no certificate.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
if env.bool("TRUST_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
# Who may read /metrics; without it programs on this computer, and behind a proxy nobody.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 90
X_FRAME_OPTIONS = "DENY"
# Without these any staff account may import and export, whatever its permissions.
IMPORT_EXPORT_IMPORT_PERMISSION_CODE = "change"
IMPORT_EXPORT_EXPORT_PERMISSION_CODE = "view"

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.import_export",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "accounts",
    "catalog",
    "movieshow",
    "recommender",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "corsheaders",
    "csp",
    "django_filters",
    "django_htmx",
    "django_prometheus",
    "django_rq",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "import_export",
    "rest_framework",
]

MIDDLEWARE = [
    "movieshow.metrics.RequestMetricsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "movieshow.middleware.PageCompressionMiddleware",
    "movieshow.middleware.ContentPolicyMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.ViewerMiddleware",
    "accounts.middleware.SessionTrackingMiddleware",
    "movieshow.middleware.QueueAccessMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.UnreadableSecretMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "movieshow.middleware.RequestLogMiddleware",
]

ROOT_URLCONF = "movieshow.urls"
WSGI_APPLICATION = "movieshow.wsgi.application"
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
                "accounts.context_processors.page_address",
            ],
        },
    },
]

DATABASES = {"default": env.db_url_config(_DATABASE_URL)}
DATABASES["default"]["CONN_MAX_AGE"] = env.int("DATABASE_CONN_MAX_AGE_SECONDS", default=600)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# Lets `movieshow.prepared` prepare; what Django itself executes is never prepared.
DATABASES["default"].setdefault("OPTIONS", {})["prepare_threshold"] = 1_000_000
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "movieshow:site",
        # Redis holds only what can be computed again: without it pages are slower, not broken.
        "OPTIONS": {
            "IGNORE_EXCEPTIONS": True,
            "SOCKET_CONNECT_TIMEOUT": 1,
            "SOCKET_TIMEOUT": 1,
            # Not pickle: whoever can write to Redis must not run code here.
            "SERIALIZER": "django_redis.serializers.json.JSONSerializer",
        },
    }
}
RQ_QUEUES = {
    name: {"URL": REDIS_URL, "DEFAULT_TIMEOUT": 900, "SOCKET_CONNECT_TIMEOUT": 1}
    for name in ("default", "imports", "low")
}
RQ_SHOW_ADMIN_LINK = False

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.login_backend.LoginBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = env.str("ACCOUNT_EMAIL_VERIFICATION", default="none")
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_FORMS = {
    "change_password": "accounts.password_forms.ChangePasswordForm",
    "reset_password_from_key": "accounts.password_forms.ResetPasswordKeyForm",
}
# Whoever finds a browser logged in must not lead the reset of its password to another address.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
MFA_ADAPTER = "accounts.second_factor.SecondFactorAdapter"
MFA_TOTP_ISSUER = "MovieShow"
# Where nobody verifies addresses, that of an account cannot be a condition for protecting it.
MFA_ALLOW_UNVERIFIED_EMAIL = ACCOUNT_EMAIL_VERIFICATION != "mandatory"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
GUEST_LIFETIME_DAYS = env.int("GUEST_LIFETIME_DAYS", default=90)
# How long an applied import can be undone.
IMPORT_UNDO_DAYS = env.int("IMPORT_UNDO_DAYS", default=30)
EMAIL_CONFIG = env.email_url_config(env.str("EMAIL_URL", default="") or "consolemail://")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="MovieShow <movieshow@localhost>")

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "movieshow.formats"
LANGUAGE_COOKIE_AGE = 60 * 60 * 24 * 365
LANGUAGE_COOKIE_SECURE, LANGUAGE_COOKIE_HTTPONLY, LANGUAGE_COOKIE_SAMESITE = IS_HTTPS, True, "Lax"
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_I18N = USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = MOVIESHOW_HOME / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Films' facts. Without a key TMDB is never asked; of its services those of some countries are kept.
_TMDB = read_tmdb_settings(env)
TMDB_API_KEY: str = _TMDB["TMDB_API_KEY"]
TMDB_BASE_URL: str = _TMDB["TMDB_BASE_URL"]
TMDB_IMAGE_BASE_URL: str = _TMDB["TMDB_IMAGE_BASE_URL"]
TMDB_LANGUAGE: str = _TMDB["TMDB_LANGUAGE"]
TMDB_REQUESTS_PER_SECOND: int = _TMDB["TMDB_REQUESTS_PER_SECOND"]
TMDB_MAX_POSTERS: int = _TMDB["TMDB_MAX_POSTERS"]
SERVICE_COUNTRIES: list[str] = _TMDB["SERVICE_COUNTRIES"]
# Nobody else on the computer reads what people upload, nor the models that learnt from them.
FILE_UPLOAD_PERMISSIONS, FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o600, 0o700
# Trained models go through the "artifacts" storage: files here, an object store for several hosts.
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": MOVIESHOW_HOME / "media"},
    },
    "artifacts": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": MOVIESHOW_HOME / "artifacts"},
    },
    # Copies of TMDB's pictures: they can all be fetched again, so backups may leave them out.
    "posters": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": MOVIESHOW_HOME / "posters"},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    },
}
CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
CORS_URLS_REGEX = r"^/api/.*$"

REST_FRAMEWORK = read_rest_settings(env)
SPECTACULAR_SETTINGS = api_settings.SPECTACULAR
UNFOLD = admin_settings.UNFOLD

# The recommender.
SHIPPED_MODEL_DIR = BASE_DIR / "recommender" / "artifacts" / "shipped"
# How the scores of all films are computed: a kind of `recommender.ml.scoring`.
RECOMMENDATION_ITEM_TABLE = env.str("RECOMMENDATION_ITEM_TABLE", default="int8")
# So many new ratings make a fine-tune due, or one of a member that has waited for so long.
FINETUNE_MIN_RATINGS = env.int("FINETUNE_MIN_RATINGS", default=20)
if FINETUNE_MIN_RATINGS < 1:
    msg = f"FINETUNE_MIN_RATINGS is {FINETUNE_MIN_RATINGS}; it must be a whole number from 1 on"
    raise ImproperlyConfigured(msg)
FINETUNE_MAX_WAIT_SECONDS = env.int("FINETUNE_MAX_WAIT_SECONDS", default=86_400)
FINETUNE_MIN_INTERVAL_SECONDS = env.int("FINETUNE_MIN_INTERVAL_SECONDS", default=300)
FINETUNE_MAX_SECONDS = env.int("FINETUNE_MAX_SECONDS", default=60)
RECOMMENDATION_CACHE_SECONDS = env.int("RECOMMENDATION_CACHE_SECONDS", default=86_400)
FEEDBACK_RETENTION_DAYS = env.int("FEEDBACK_RETENTION_DAYS", default=180)

LOGGING_CONFIG = None
build_logging(level=env.str("LOG_LEVEL", default="INFO"), is_console=DEBUG)
