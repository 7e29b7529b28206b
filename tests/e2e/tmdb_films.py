"""What the stand-in of TMDB tells the site of these tests."""

from typing import Any

from tests.catalog.tmdb.films import make_cast, make_film

# A film that Wikipedia does not tell of here, with everything that TMDB may say of one.
VAMPIRE, VAMPIRE_TMDB = 253, 628
VAMPIRE_TITLE = "Interview with the Vampire: The Vampire Chronicles"
DIRECTOR = "Steven Spielberg"
# Movie id → TMDB's id and minutes of films that this director made, none with a picture.
OF_ONE_DIRECTOR = {
    1387: (578, 124), 1198: (85, 115), 480: (329, 127), 527: (424, 195), 1097: (601, 115),
    1291: (89, 127), 2028: (857, 169), 2115: (87, 118), 3471: (840, 138), 5445: (180, 145),
    5989: (640, 141), 4370: (644, 146), 8529: (594, 128), 4103: (10110, 153), 26242: (839, 90),
    41997: (612, 164), 2739: (873, 154), 1693: (11831, 155), 98154: (72976, 150),
}  # fmt: skip
LIKED = {1387: "Jaws", 527: "Schindler's List"}


def make_films() -> list[dict[str, Any]]:
    """Return what the stand-in knows."""
    names = [f"Player {letter}" for letter in "ABCDEFGHIJ"]
    director = {"id": 70, "name": DIRECTOR, "job": "Director"}
    vampire_credits = {
        "cast": make_cast(*names),
        "crew": [{"id": 71, "name": "Neil Jordan", "job": "Director"}],
    }
    films = [make_film(VAMPIRE_TMDB, VAMPIRE_TITLE, runtime=123, credits=vampire_credits)]
    films += [
        make_film(
            tmdb_id,
            f"Film {tmdb_id}",
            runtime=minutes,
            poster_path=None,
            credits={"cast": [], "crew": [director]},
        )
        for tmdb_id, minutes in OF_ONE_DIRECTOR.values()
    ]
    return films
