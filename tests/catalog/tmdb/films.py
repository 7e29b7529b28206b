"""Films as TMDB's API tells of them: real ones where there are data, else a few made up here."""

import gzip
import json
from pathlib import Path
from typing import Any
from zlib import crc32

SERVICES = (
    (8, "Streamly", "flatrate"),
    (9, "Kinohaus", "flatrate"),
    (10, "Freeview Films", "ads"),
    (11, "Reel Rental", "rent"),
)


def load_films(data: Path | None) -> list[dict[str, Any]]:
    """Return the films of `movie-text/tmdb.jsonl.gz` in a folder, or the invented ones."""
    if data is None:
        return INVENTED
    with gzip.open(data / "movie-text" / "tmdb.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [_as_answer(row) for row in map(json.loads, lines) if row.get("tmdbId")]


def _as_answer(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row in the form of `/movie/{id}?append_to_response=credits,watch/providers`."""
    crew = [
        {"id": _number(name), "name": name, "job": "Director"} for name in row.get("directors", ())
    ]
    return {
        "id": row["tmdbId"],
        "title": row["title"],
        "overview": row.get("overview") or "",
        "tagline": row.get("tagline") or "",
        "runtime": int(row.get("runtime") or 0),
        "poster_path": row.get("poster_path"),
        "credits": {"cast": make_cast(*row.get("cast", [])), "crew": crew},
        "watch/providers": make_providers(row["tmdbId"]),
    }


def make_cast(*names: str) -> list[dict[str, Any]]:
    return [
        {"id": _number(name), "name": name, "character": "", "order": order}
        for order, name in enumerate(names)
    ]


def make_providers(tmdb_id: int) -> dict[str, Any]:
    """Return offers in two countries that follow from the id; a third of films is nowhere."""
    results: dict[str, dict[str, Any]] = {}
    for country, turn in (("US", 0), ("DE", 1)):
        for place, (pk, name, kind) in enumerate(SERVICES):
            if (tmdb_id + turn + place) % 3 == 0:
                kinds = results.setdefault(country, {"link": "https://www.themoviedb.org/"})
                kinds.setdefault(kind, []).append({"provider_id": pk, "provider_name": name})
    return {"results": results if tmdb_id % 3 else {}}


def _number(name: str) -> int:
    return crc32(name.encode()) % 2**30 + 1


def make_film(tmdb_id: int, title: str, **changes: Any) -> dict[str, Any]:
    """Return a made-up film."""
    ada, ben = {"id": 71, "name": "Ada Lens", "job": "Director"}, {"id": 72, "name": "Ben Cut"}
    return {
        "id": tmdb_id,
        "title": title,
        "overview": f"{title} tells of a lighthouse.",
        "tagline": "Turn on the light.",
        "runtime": 95,
        "poster_path": f"/poster{tmdb_id}.jpg",
        "credits": {
            "cast": [
                {"id": 82, "name": "Cleo Second", "character": "A gull", "order": 1},
                {"id": 81, "name": "Dora First", "character": "The keeper", "order": 0},
            ],
            "crew": [{**ben, "job": "Editor"}, ada],
        },
        "watch/providers": {
            "results": {
                "US": {
                    "link": "https://www.themoviedb.org/",
                    "flatrate": [{"provider_id": 8, "provider_name": "Streamly"}],
                    "rent": [{"provider_id": 11, "provider_name": "Reel Rental"}],
                },
                "FR": {"flatrate": [{"provider_id": 12, "provider_name": "Lumière"}]},
            }
        },
        **changes,
    }


INVENTED = [
    make_film(603, "The Lighthouse Keeper"),
    make_film(604, "The Second Keeper", runtime=120),
    make_film(605, "A Film Without Anything", overview="", runtime=0, poster_path=None),
    make_film(606, "Fog", runtime=61),
    make_film(607, "Lamp Oil", **{"watch/providers": {"results": {}}}),
]
