from xml.etree import ElementTree

import pytest

from catalog.posters import compute_poster_key, draw_poster, find_genre_slug
from catalog.posters.lettering import fit_lines, load_face
from catalog.posters.palettes import PALETTES
from catalog.posters.styles import STYLES

NAMES = {"sci-fi": "Sci-Fi", "film-noir": "Film-Noir", "none": "(no genres listed)"}


def draw(movie_id: int = 1, title: str = "The Matrix", genre: str = "Sci-Fi") -> str:
    return draw_poster(movie_id=movie_id, title=title, year=1999, genres=[genre])


@pytest.mark.parametrize("slug", STYLES)
def test_every_genre_draws_well_formed_svg_with_all_its_motifs(slug: str) -> None:
    genre = NAMES.get(slug, slug.title())
    for movie_id in range(1, 40):
        root = ElementTree.fromstring(draw(movie_id, genre=genre))  # noqa: S314 - our own
        assert root.attrib["viewBox"] == "0 0 300 450"
    assert slug in PALETTES


def test_poster_of_a_film_never_changes() -> None:
    assert draw(260) == draw(260)
    assert draw(260) != draw(261)


def test_poster_has_nothing_the_content_policy_forbids() -> None:
    drawn = draw(title='<script>alert("x")</script> & Co')
    assert "<script" not in drawn
    assert "style=" not in drawn
    assert "href=" not in drawn.replace("xmlns", "")
    ElementTree.fromstring(drawn)  # noqa: S314 - our own


@pytest.mark.parametrize(
    "title",
    ["七人の侍", "Amélie", "¡Three Amigos!", "…", "8½", "X", "(500) Days of Summer", "ВДНХ", "É"],
)
def test_any_title_is_drawn(title: str) -> None:
    for genre in ("Horror", "Comedy", "Drama"):
        ElementTree.fromstring(draw(title=title, genre=genre))  # noqa: S314 - our own


def test_key_changes_with_what_is_drawn() -> None:
    key = compute_poster_key(title="Up", year=2009, genres=["Animation"])
    assert key == compute_poster_key(title="Up", year=2009, genres=("Animation",))
    assert key != compute_poster_key(title="Up", year=2010, genres=["Animation"])
    assert key != compute_poster_key(title="Up!", year=2009, genres=["Animation"])


def test_the_rarest_genre_names_the_style() -> None:
    assert find_genre_slug(["Drama", "Film-Noir", "Crime"]) == "film-noir"
    assert find_genre_slug(["(no genres listed)"]) == "none"
    assert find_genre_slug([]) == "none"


@pytest.mark.parametrize("title", ["UP", "DR. STRANGELOVE OR HOW I LEARNED TO STOP WORRYING"])
def test_lines_stay_inside_their_box(title: str) -> None:
    face = load_face("anton")
    for is_stacked in (True, False):
        lines = fit_lines(face, title, width=256, height=176, gap=0.1, is_stacked=is_stacked)
        assert " ".join(line.text for line in lines) == title
        assert max(line.width for line in lines) <= 256.01
        assert sum(line.height for line in lines) <= 176.01
