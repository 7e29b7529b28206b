"""Films of one series: one of them is enough for a page of the evening's films."""

from collections.abc import Callable, Iterable

FILMS = 3


def space_series(
    pools: Iterable[Iterable[int]], series_of: Callable[[int], str], *, count: int
) -> list[int]:
    """Return the first `count` films, of each series one a page as long as there are others.

    The others of a series wait for the next page, but never behind a film of a later one of the
    ranked `pools`.
    """
    chosen, on_page = list[int](), set[str]()
    for pool in pools:
        coming, waiting = iter(pool), list[tuple[int, str]]()
        while len(chosen) < count:
            if len(chosen) % FILMS == 0:
                on_page.clear()
            found = next((film for film in waiting if film[1] not in on_page), None)
            while found is None and (index := next(coming, None)) is not None:
                film = (index, series_of(index))
                waiting.append(film)
                found = film if film[1] not in on_page else None
            found = found or next(iter(waiting), None)
            if found is None:
                break
            waiting.remove(found)
            on_page.add(found[1])
            chosen.append(found[0])
    return chosen
