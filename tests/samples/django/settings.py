"""The least a Django project needs: one database, named as safe-deploy names it, and one app."""
import os
from urllib.parse import parse_qs, unquote, urlsplit

_url = urlsplit(os.environ["SAFE_DEPLOY_DATABASE_URL"])
_options = {name: values[-1] for name, values in parse_qs(_url.query).items()}

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(_url.path.lstrip("/")),
        "USER": unquote(_url.username or ""),
        "PASSWORD": unquote(_url.password or ""),
        "HOST": _options.get("host", unquote(_url.hostname or "")),
        "PORT": _options.get("port", str(_url.port or "")),
    }
}
INSTALLED_APPS = ["shop"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SECRET_KEY = "not used: nothing is signed here"
USE_TZ = True
