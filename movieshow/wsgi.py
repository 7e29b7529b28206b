"""The WSGI entry point that granian serves."""

import gc
import os

from movieshow.lean import leave_out, load_later
from movieshow.trimming import start_trimming

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "movieshow.settings")

load_later()
with leave_out():
    from django.core.wsgi import get_wsgi_application

    from movieshow.start_up import run_start_up

    application = get_wsgi_application()
    run_start_up()
    # What is loaded by now stays for good: the search for garbage need not look at it again.
    gc.collect()
    gc.freeze()
start_trimming()
