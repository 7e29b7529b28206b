import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.text import (
    drop_leading_article,
    move_article,
    name_series,
    normalise_title,
    split_title,
)


@pytest.mark.parametrize(
    ("raw", "title", "year"),
    [
        ("Toy Story (1995)", "Toy Story", 1995),
        ("Matrix, The (1999)", "The Matrix", 1999),
        ("Beautiful Mind, A (2001)", "A Beautiful Mind", 2001),
        ("Avventura, L' (1960)", "L'Avventura", 1960),
        (
            "City of Lost Children, The (Cité des enfants perdus, La) (1995)",
            "The City of Lost Children (La Cité des enfants perdus)",
            1995,
        ),
        (
            "Lord of the Rings: The Two Towers, The (2002)",
            "The Lord of the Rings: The Two Towers",
            2002,
        ),
        ("Babylon 5", "Babylon 5", None),
        ("Death Note: Desu nôto (2006–2007)", "Death Note: Desu nôto", 2006),
        ("Fireplay (1989- )", "Fireplay", 1989),
        ("Mona (Mona ja aika) (1983))", "Mona (Mona ja aika)", 1983),
        ("2001: A Space Odyssey (1968)", "2001: A Space Odyssey", 1968),
        ("I Love You, Man (2009)", "I Love You, Man", 2009),
        ("Good Morning, Vietnam (1987) ", "Good Morning, Vietnam", 1987),
        (" (2019)", "", 2019),
    ],
)
def test_title_is_split_as_people_read_it(raw: str, title: str, year: int | None) -> None:
    assert split_title(raw) == (title, year)


@pytest.mark.parametrize(
    ("title", "normalised"),
    [
        ("The Matrix", "the matrix"),
        ("Matrix, The", "the matrix"),
        ("Amélie", "amelie"),
        ("Fast & Furious", "fast and furious"),
        ("E.T. the Extra-Terrestrial", "et the extra terrestrial"),
        ("M*A*S*H", "mash"),
        ("Schindler’s List", "schindlers list"),
        ("WALL·E", "wall e"),
        ("Smørrebrød, Łódź, Ægir", "smorrebrod lodz aegir"),
        ("千と千尋の神隠し", "千と千尋の神隠し"),
        ("  ", ""),
    ],
)
def test_normalised_title_has_neither_accents_nor_marks(title: str, normalised: str) -> None:
    assert normalise_title(title) == normalised


@given(st.text(max_size=200))
def test_normalising_twice_changes_nothing(title: str) -> None:
    once = normalise_title(title)
    assert normalise_title(once) == once
    assert once == once.strip()
    assert "  " not in once


@given(st.text(max_size=200))
def test_any_text_can_be_split(raw: str) -> None:
    title, year = split_title(raw)
    assert isinstance(title, str)
    assert year is None or 0 <= year <= 9999


@given(
    st.sampled_from(["The", "A", "Les", "Der"]), st.from_regex(r"[A-Z][a-z]{2,9}", fullmatch=True)
)
def test_moved_article_comes_back(article: str, rest: str) -> None:
    assert move_article(f"{rest}, {article}") == f"{article} {rest}"


def test_article_alone_is_kept() -> None:
    assert drop_leading_article("the matrix") == "matrix"
    assert drop_leading_article("the") == "the"
    assert drop_leading_article("theatre") == "theatre"


@pytest.mark.parametrize(
    ("title", "series"),
    [
        ("Star Wars: Episode V - The Empire Strikes Back", "star wars"),
        ("The Lord of the Rings: The Two Towers", "lord of the rings"),
        ("Godfather: Part II, The", "godfather"),
        ("The Godfather", "godfather"),
        ("Toy Story 2", "toy story"),
        ("Rocky III", "rocky"),
        ("Back to the Future Part II", "back to the future"),
        ("Harry Potter and the Goblet of Fire", "harry potter"),
        ("Evil Dead II (Dead by Dawn)", "evil dead"),
        ("Fast & Furious 6 (Fast and the Furious 6, The)", "fast and furious"),
        ("2001: A Space Odyssey", "2001"),
        ("Seven", "seven"),
        ("I", "i"),
        (": (", ": ("),
    ],
)
def test_films_of_a_series_share_a_name(title: str, series: str) -> None:
    assert name_series(title) == series
