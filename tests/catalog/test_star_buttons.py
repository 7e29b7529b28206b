"""The radio buttons of a rating, which are kept from page to page."""

from decimal import Decimal

from django.utils import translation

from catalog.templatetags.movies import star_buttons


def test_buttons_speak_the_language_of_the_page() -> None:
    for _ in range(2):
        with translation.override("en"):
            assert "3.5 stars" in star_buttons(None)
        with translation.override("de"):
            assert "3,5 Sterne" in star_buttons(None)


def test_the_present_rating_is_checked_and_a_fresh_one_focused() -> None:
    buttons = star_buttons(Decimal("3.5")).split("<label")
    [checked] = [button for button in buttons if "checked" in button]
    assert 'value="3.5"' in checked
    assert "autofocus" not in checked
    assert "autofocus" in star_buttons(Decimal("3.5"), is_fresh=True)
    assert "checked" not in star_buttons(None)
