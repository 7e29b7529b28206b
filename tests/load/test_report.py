"""Which musts a bench is said to have missed."""

import pytest

from tests.load.report import list_missed
from tests.load.rows import PageRow, Row, state_value

SLOW_PAGE = PageRow("page: home", p95_ms=61.0, queries=12)
BUSY_PAGE = PageRow("page: film", p95_ms=20.0, queries=13)
GOOD = [
    Row("model 62k", p95_ms=5.0),
    Row("api cached c16", ratio=0.5),
    state_value("rating visible in next response", 1.0, "share"),
    PageRow("page: browse", p95_ms=60.0, queries=12),
    Row("slowest page", p95_ms=60.0),
    state_value("most queries of a page", 12, "queries"),
]


def test_what_reaches_every_must_is_missed_by_nothing() -> None:
    assert list_missed(GOOD, with_times=True) == []
    assert list_missed([], with_times=True) == []


@pytest.mark.parametrize(
    ("row", "is_time", "told"),
    [
        (SLOW_PAGE, True, "page: home: p95_ms is 61.00, must be 60 or less"),
        (BUSY_PAGE, False, "page: film: 13 queries, must be 12 or less"),
        (Row("model 62k", p95_ms=5.1), True, "model 62k: p95_ms is 5.10, must be 5 or less"),
        (
            Row("api cached c16", ratio=0.4),
            True,
            "api cached c16: ratio is 0.400, must be 0.5 or more",
        ),
        (
            state_value("rating visible in next response", 0.9, "share"),
            False,
            "rating visible in next response: value is 0.900, must be 1 or more",
        ),
    ],
)
def test_each_must_that_is_missed_is_named_times_only_when_asked(
    row: Row, is_time: bool, told: str
) -> None:
    rows = [each for each in GOOD if each.name != row.name] + [row]
    rows += [Row("slowest page", p95_ms=61.0), state_value("most queries of a page", 13, "queries")]
    assert list_missed(rows, with_times=True) == [told]
    assert list_missed(rows, with_times=False) == ([] if is_time else [told])
