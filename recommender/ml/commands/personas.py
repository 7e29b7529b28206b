"""`personas MODEL_DIR --movies CSV`: four well-known tastes, and whether the model sees them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from recommender.ml.dataset_files import read_movie_rows
from recommender.ml.datasets import MovieInfo
from recommender.ml.errors import UsageError
from recommender.ml.inference import InferenceModel
from recommender.ml.personas import PERSONAS, PersonaResult, ask_persona


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("model_dir", type=Path, metavar="MODEL_DIR")
    parser.add_argument(
        "--movies", type=Path, required=True, metavar="CSV", help="MovieLens movies.csv (or .gz)"
    )


def run(options: argparse.Namespace) -> int:
    """Print history, ten films with scores and reasons, and time; return 1 if a case fails."""
    model = InferenceModel.load(options.model_dir)
    movies = read_movies(options.movies)
    results = [ask_persona(model, persona, movies) for persona in PERSONAS]
    for result in results:
        sys.stdout.write(describe(result, movies))
    failed = sum(bool(result.failures) for result in results)
    sys.stdout.write(f"{len(results) - failed} of {len(results)} cases passed\n")
    return 1 if failed else 0


def read_movies(path: Path) -> dict[int, MovieInfo]:
    """Read a MovieLens movies file.

    Raises:
        UsageError: The file is missing or a line is malformed.
    """
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file; give a MovieLens movies.csv")
    return {
        row.movie_id: MovieInfo(row.title, row.year, row.genres) for row in read_movie_rows(path)
    }


def describe(result: PersonaResult, movies: Mapping[int, MovieInfo]) -> str:
    """Return a case as text: history, films, verdict."""
    persona = result.persona
    lines = [f"{persona.name}: {', '.join(_title(i, movies) for i in persona.history)}"]
    for rank, suggestion in enumerate(result.suggestions, start=1):
        reason = ""
        if suggestion.because_of is not None:
            reason = f"  (because you watched {_title(suggestion.because_of, movies)})"
        title = _title(suggestion.movie_id, movies)
        lines.append(f"  {rank:2d}. {title}  {suggestion.score:.2f}{reason}")
    verdict = "; ".join(f"FAILED: {failure}" for failure in result.failures) or "passed"
    lines.append(
        f"  {result.num_fitting} of {len(result.suggestions)} are {persona.expected}: {verdict}, "
        f"{result.seconds * 1000:.1f} ms\n"
    )
    return "\n".join(lines) + "\n"


def _title(movie_id: int, movies: Mapping[int, MovieInfo]) -> str:
    movie = movies.get(movie_id)
    if movie is None:
        return f"movie {movie_id}"
    return f"{movie.title} ({movie.year})" if movie.year else movie.title
