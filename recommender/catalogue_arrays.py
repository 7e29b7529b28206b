"""The catalogue as arrays: what ranking needs of every movie, read once per catalogue version."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from catalog.models import Genre, Movie
from catalog.selectors import is_genre
from recommender.rising_ids import find_places
from recommender.service_arrays import ServiceArrays, load_services

# Pseudo-ratings that pull a film's mean to the mean of all (shrinkage of the bias predictor).
SHRINKAGE = 25.0
DEFAULT_MEAN = 3.5
CHUNK = 4000
# Little known is what has fewer ratings than the most rated tenth, and than a tenth of the most.
KNOWN_SHARE = 0.1


class FilmLabel(NamedTuple):
    """What an answer says of a film; `genres` are names, in the order of the alphabet.

    `runtime_minutes` and `services` (names) are None where they are not known.
    """

    id: int
    title: str
    year: int | None
    genres: tuple[str, ...]
    runtime_minutes: int | None = None
    services: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Titles:
    """All titles as one text, several times smaller than a string each: `ends` (C + 1,) int32."""

    text: bytes
    ends: NDArray[np.int32]

    @classmethod
    def pack(cls, titles: Iterable[str]) -> "Titles":
        """Return the titles put together."""
        text, ends = bytearray(), array("i", [0])
        for title in titles:
            text += title.encode()
            ends.append(len(text))
        return cls(bytes(text), np.array(ends, dtype=np.int32))

    def __getitem__(self, position: int) -> str:
        return self.text[self.ends[position] : self.ends[position + 1]].decode()


@dataclass(frozen=True)
class CatalogueArrays:
    """Every movie of the catalogue by position, ascending by id; never changed once made.

    `movie_ids` (C,) int64; `years` and `runtimes` (C,) int16, the latter in minutes, both 0 where
    unknown; `services` says where films can be watched; `genres` (C, G) bool over
    `genre_ids` (G,) int64; `rating_count` (C,) int32; `mean_rating` the mean of all ratings;
    `item_bias` (C,) float32 stars, shrunk to 0; `popularity` (C,) float32 from 0 to 1;
    `popular_counts` (G,) float32, the count of ratings that puts a film into its genre's most rated
    quarter.
    """

    version: int
    movie_ids: NDArray[np.int64]
    years: NDArray[np.int16]
    runtimes: NDArray[np.int16]
    services: ServiceArrays
    genre_ids: NDArray[np.int64]
    genre_names: tuple[str, ...]
    genres: NDArray[np.bool_]
    rating_count: NDArray[np.int32]
    mean_rating: float
    item_bias: NDArray[np.float32]
    popularity: NDArray[np.float32]
    popular_counts: NDArray[np.float32]
    titles: Titles

    @cached_property
    def few_ratings(self) -> float:
        """How many ratings a little-known film has at most; 0 where nobody has rated any."""
        counts = self.rating_count[self.rating_count > 0]
        if not len(counts):
            return 0.0
        return min(_find_quantile(counts, 1 - KNOWN_SHARE), KNOWN_SHARE * float(counts.max()))

    @cached_property
    def lacks_genre(self) -> NDArray[np.bool_]:
        """Whether no genre is known of each film (C,)."""
        named = [is_genre(name) for name in self.genre_names]
        return np.asarray(~self.genres[:, np.flatnonzero(named)].any(axis=1))

    def label(self, position: int) -> FilmLabel:
        """Return what to call the film at a position."""
        names = tuple(self.genre_names[column] for column in np.flatnonzero(self.genres[position]))
        return FilmLabel(
            id=int(self.movie_ids[position]),
            title=self.titles[position],
            year=int(self.years[position]) or None,
            genres=names,
            runtime_minutes=int(self.runtimes[position]) or None,
            services=self.services.names_at(position),
        )

    def label_films(self, movie_ids: Sequence[int] | NDArray[np.int64]) -> dict[int, FilmLabel]:
        """Return what to call films, by id; those the catalogue has not are left out."""
        positions = self.positions_of(movie_ids)
        labels = (self.label(position) for position in positions[positions >= 0].tolist())
        return {label.id: label for label in labels}

    def positions_of(self, movie_ids: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the position of each id, -1 where the catalogue has no such movie."""
        places, is_there = find_places(self.movie_ids, movie_ids)
        return np.where(is_there, places, -1)

    def genre_columns(self, genre_ids: Iterable[int]) -> NDArray[np.int64]:
        """Return the columns of `genres` for these ids; unknown ids are left out."""
        return np.flatnonzero(np.isin(self.genre_ids, list(genre_ids)))


def load_catalogue(*, version: int) -> CatalogueArrays:
    """Read the whole catalogue in six queries; `version` was read before, so never ahead."""
    columns = array("q"), array("h"), array("h"), array("i"), array("f")
    titles = Titles.pack(_read_films(*columns))
    movie_ids, years, runtimes, counts, means = (np.array(column) for column in columns)
    names = list(Genre.objects.order_by("name").values_list("pk", "name"))
    genres = _load_genre_matrix(movie_ids, [pk for pk, _ in names])
    mean_rating, item_bias = estimate_item_bias(counts, means)
    return CatalogueArrays(
        version=version,
        movie_ids=movie_ids,
        years=years,
        runtimes=runtimes,
        services=load_services(movie_ids),
        genre_ids=np.array([pk for pk, _ in names], dtype=np.int64),
        genre_names=tuple(name for _, name in names),
        genres=genres,
        rating_count=counts,
        mean_rating=mean_rating,
        item_bias=item_bias,
        popularity=weigh_popularity(counts, mean_rating + item_bias),
        popular_counts=find_popular_counts(counts, genres),
        titles=titles,
    )


def _read_films(
    ids: "array[int]",
    years: "array[int]",
    runtimes: "array[int]",
    counts: "array[int]",
    means: "array[float]",
) -> Iterator[str]:
    """Yield each film's title, its numbers put into the columns.

    Read some thousands at a time: a list of all rows would leave a web process larger for good.
    """
    films = Movie.objects.order_by("pk").values_list(
        "pk", "year", "runtime_minutes", "rating_count", "rating_mean", "title"
    )
    for movie_id, year, runtime, count, mean, title in films.iterator(chunk_size=CHUNK):
        ids.append(movie_id)
        years.append(year or 0)
        runtimes.append(runtime or 0)
        counts.append(count)
        means.append(mean or 0.0)
        yield title


def _load_genre_matrix(movie_ids: NDArray[np.int64], genre_ids: list[int]) -> NDArray[np.bool_]:
    """Return (C, G) bool, True where the movie has the genre."""
    matrix = np.zeros((len(movie_ids), len(genre_ids)), dtype=np.bool_)
    if not matrix.size:
        return matrix
    pairs = Movie.genres.through.objects.values_list("movie_id", "genre_id")
    flat = chain.from_iterable(pairs.iterator(chunk_size=CHUNK))
    links = np.fromiter(flat, dtype=np.int64).reshape(-1, 2)
    rows, is_film = find_places(movie_ids, links[:, 0])
    order = np.argsort(genre_ids)
    places, is_genre = find_places(np.asarray(genre_ids)[order], links[:, 1])
    # A movie or genre added between the queries is not there yet: the next version has it.
    known = is_film & is_genre
    matrix[rows[known], order[places[known]]] = True
    return matrix


def estimate_item_bias(
    counts: NDArray[np.int32], means: NDArray[np.float32]
) -> tuple[float, NDArray[np.float32]]:
    """Return the mean of all ratings and how far each film's stands from it, in stars.

    A film's bias is shrunk by 25 ratings at the mean, so that one enthusiast makes no masterpiece
    (Koren 2010, "Factor in the Neighbors", section 2.1).
    """
    total = int(counts.sum())
    mean = float((counts * means).sum() / total) if total else DEFAULT_MEAN
    bias = counts * (means - mean) / (counts + SHRINKAGE)
    return mean, bias.astype(np.float32)


def weigh_popularity(counts: NDArray[np.int32], stars: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return 0 to 1, high for films that many rated and rated well.

    The logarithm of the count times the square of the shrunk mean, over the greatest: a film twice
    as loved beats one somewhat better known, yet no unknown film beats a classic.
    """
    weight = np.log1p(counts.astype(np.float32)) * np.square(stars / 5.0)
    top = weight.max(initial=0.0)
    return np.asarray(weight / top if top else weight, dtype=np.float32)


def _find_quantile(counts: NDArray[np.int32], share: float) -> float:
    """Return what `np.quantile` does, which has a web process load all of `numpy.ma`."""
    ordered = np.sort(counts)
    place = share * (len(ordered) - 1)
    below = int(place)
    low, high = ordered[below], ordered[min(below + 1, len(ordered) - 1)]
    return float(low + (high - low) * (place - below))


def find_popular_counts(
    counts: NDArray[np.int32], genres: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Return for each genre the count that its most rated quarter has at least, 1 or more."""
    thresholds = [
        _find_quantile(counts[genres[:, column]], 0.75) if genres[:, column].any() else 1.0
        for column in range(genres.shape[1])
    ]
    return np.maximum(np.array(thresholds, dtype=np.float32), 1.0)
