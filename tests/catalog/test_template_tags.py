"""What the tags of templates say of films."""

from django.utils import translation

from catalog.templatetags.movies import card_genres

GENRES = ("Action", "Adventure", "Comedy", "Drama", "Sci-Fi")


def test_genres_that_were_chosen_stand_first_and_then_the_one_of_the_reason() -> None:
    assert card_genres(GENRES) == "Action, Adventure, Comedy"
    assert card_genres(GENRES, chosen=["Sci-Fi", "Drama"]) == "Drama, Sci-Fi, Action"
    assert card_genres(GENRES, reason="Popular in Sci-Fi") == "Sci-Fi, Action, Adventure"
    assert card_genres(["Drama", "War"], reason="Because you watched Star Wars", most=1) == "Drama"
    assert card_genres(GENRES, chosen=["Drama"], reason="Popular in Sci-Fi", most=2) == (
        "Drama, Sci-Fi"
    )


def test_genre_of_a_reason_is_known_in_the_present_language() -> None:
    with translation.override("de"):
        assert card_genres(GENRES, reason="Beliebt in: Komödie", most=1) == "Komödie"
