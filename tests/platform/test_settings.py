import runpy

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


@pytest.mark.parametrize("value", ["0", "-1"])
def test_finetune_of_no_new_ratings_is_refused_at_start(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("FINETUNE_MIN_RATINGS", value)
    with pytest.raises(ImproperlyConfigured, match=f"FINETUNE_MIN_RATINGS is {value}; it must be"):
        runpy.run_path(str(settings.BASE_DIR / "movieshow" / "settings.py"))
