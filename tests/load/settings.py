"""The site's own settings with one address more, for the bench alone."""

from movieshow.settings import *  # noqa: F403

ROOT_URLCONF = "tests.load.urls"
