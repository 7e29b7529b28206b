"""The WSGI entry point that granian serves."""

import os

from django.core.wsgi import get_wsgi_application

from movieshow.start_up import run_start_up

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "movieshow.settings")

application = get_wsgi_application()
run_start_up()
