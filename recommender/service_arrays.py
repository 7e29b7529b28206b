"""Which streaming services have which films, as bits: what the filter by services looks at."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from catalog.facts import (
    get_services,
    iterate_movies_with_service_facts,
    iterate_service_links,
)
from recommender.rising_ids import find_places


@dataclass(frozen=True)
class ServiceArrays:
    """The services of every film of the catalogue, in the country of the site.

    `ids` and `names` (S) by name; `offered` (C, ceil(S / 8)) uint8 has a bit for each service that
    has the film without further payment; `is_known` (C,) bool says of which films it is known where
    they can be watched, if anywhere.
    """

    ids: tuple[int, ...]
    names: tuple[str, ...]
    offered: NDArray[np.uint8]
    is_known: NDArray[np.bool_]

    def is_on(self, service_ids: Iterable[int]) -> NDArray[np.bool_]:
        """Return (C,) bool, True where any of the services is known to have the film."""
        wanted = set(service_ids)
        flags = np.array([pk in wanted for pk in self.ids], dtype=np.bool_)
        return np.asarray((self.offered & np.packbits(flags)).any(axis=1), dtype=np.bool_)

    def may_be_on(self, service_ids: Iterable[int]) -> NDArray[np.bool_]:
        """Return (C,) bool, True where any of the services has the film, or nobody knows."""
        return np.asarray(self.is_on(service_ids) | ~self.is_known, dtype=np.bool_)

    def names_at(self, position: int) -> tuple[str, ...] | None:
        """Return the names of the services that have a film; None where nobody knows."""
        if not self.is_known[position]:
            return None
        flags = np.unpackbits(self.offered[position], count=len(self.ids))
        return tuple(self.names[column] for column in np.flatnonzero(flags))


def make_no_services(num_films: int) -> ServiceArrays:
    """Return the arrays of a catalogue of which no service is known."""
    return ServiceArrays(
        ids=(),
        names=(),
        offered=np.zeros((num_films, 0), dtype=np.uint8),
        is_known=np.zeros(num_films, dtype=np.bool_),
    )


def load_services(movie_ids: NDArray[np.int64]) -> ServiceArrays:
    """Read which services have these films (C,), ids ascending; three queries, streamed.

    What was added between two of them is not there yet: the next version of the catalogue has it.
    """
    services = get_services()
    ids = np.array([service.pk for service in services], dtype=np.int64)
    if not len(movie_ids):
        return make_no_services(0)
    # A bit a service from the start: a byte each would be several times all other arrays.
    offered = np.zeros((len(movie_ids), (len(ids) + 7) // 8), dtype=np.uint8)
    if len(ids):
        flat = chain.from_iterable(iterate_service_links())
        links = np.fromiter(flat, dtype=np.int64).reshape(-1, 2)
        rows, is_film = find_places(movie_ids, links[:, 0])
        order = np.argsort(ids)
        places, is_service = find_places(ids[order], links[:, 1])
        known = is_film & is_service
        columns = order[places[known]]
        bits = np.right_shift(128, columns % 8).astype(np.uint8)
        np.bitwise_or.at(offered, (rows[known], columns // 8), bits)
    told = np.fromiter(iterate_movies_with_service_facts(), dtype=np.int64)
    rows, is_film = find_places(movie_ids, told)
    is_known = np.zeros(len(movie_ids), dtype=np.bool_)
    is_known[rows[is_film]] = True
    names = tuple(service.name for service in services)
    return ServiceArrays(tuple(ids.tolist()), names, offered, is_known)
