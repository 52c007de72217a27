"""The least that Django's runner wants."""

SECRET_KEY = "none"
DATABASES = {}
INSTALLED_APPS = []
USE_TZ = True
