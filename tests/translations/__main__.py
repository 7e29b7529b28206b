"""`make messages`: brings the German catalogue up to date with the site's texts, and compiles it.

New texts are added empty, and those no longer used are taken out.
"""

from __future__ import annotations

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "movieshow.settings")
django.setup()

from tests.translations.catalogue import (  # noqa: E402 - Django must be set up before
    PO_FILE,
    bring_up_to_date,
    list_translations,
    read_catalogue,
    write_catalogue,
)
from tests.translations.extracting import ROOT, extract_messages  # noqa: E402

fresh = bring_up_to_date(read_catalogue(), extract_messages())
write_catalogue(fresh)
left = sum(not all(list_translations(entry)) for entry in fresh)
sys.stdout.write(f"{PO_FILE.relative_to(ROOT)}: {len(fresh)} texts, {left} to translate\n")
sys.exit(1 if left else 0)
