"""Statistics of ratings count what there is, and say what they leave out."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from accounts.models import User
from catalog.models import Movie, Rating
from recommender.plots import draw_bars, draw_lengths, place_stars
from recommender.taste.stats import RatingStats, get_rating_stats
from tests.catalog.factories import make_movie


def rate(user: User, movie_id: int, stars: str, day: datetime) -> None:
    Rating.objects.create(user=user, movie_id=movie_id, stars=Decimal(stars), watched_at=day)


@pytest.fixture
def stats(viewer: User) -> RatingStats:
    """Four films, one of unknown year, one watched years before the rest."""
    make_movie(1, year=1959, genres=["Drama", "Comedy"])
    make_movie(2, year=1960, genres=["Drama"])
    make_movie(3, year=1985, genres=["Comedy"])
    make_movie(4, year=None, genres=[])
    make_movie(5, year=1999)
    rate(viewer, 1, "4.0", datetime(2020, 1, 31, 23, tzinfo=UTC))
    rate(viewer, 2, "3.0", datetime(2023, 12, 31, 23, tzinfo=UTC))
    rate(viewer, 3, "4.0", datetime(2024, 2, 1, tzinfo=UTC))
    rate(viewer, 4, "0.5", datetime(2024, 2, 2, tzinfo=UTC))
    rate(User.objects.create_user("other"), 5, "5.0", datetime(2024, 2, 2, tzinfo=UTC))
    found = get_rating_stats(user=viewer)
    assert found is not None
    return found


def test_stars_spread_over_all_ten_halves(stats: RatingStats) -> None:
    assert stats.count == 4
    assert stats.mean == pytest.approx(2.875)
    counted = dict(stats.stars)
    assert len(counted) == 10
    assert (counted[Decimal(4)], counted[Decimal(3)], counted[Decimal("0.5")]) == (2, 1, 1)


def test_decades_have_no_gaps_and_the_undated_are_told(stats: RatingStats) -> None:
    counted = {decade: (share.count, share.mean) for decade, share in stats.decades}
    assert counted == {1950: (1, 4.0), 1960: (1, 3.0), 1970: (0, None), 1980: (1, 4.0)}
    assert stats.undated_count == 1


def test_months_reach_back_two_years_from_the_last_film(stats: RatingStats) -> None:
    assert [day for day, _ in stats.months][:1] == [date(2022, 3, 1)]
    assert len(stats.months) == 24
    counted = {day: share.count for day, share in stats.months if share.count}
    assert counted == {date(2023, 12, 1): 1, date(2024, 2, 1): 2}
    assert stats.earlier_count == 1


def test_one_month_of_rating_stands_at_the_end_of_a_year(viewer: User) -> None:
    make_movie(1)
    rate(viewer, 1, "4.0", datetime(2024, 3, 2, tzinfo=UTC))
    found = get_rating_stats(user=viewer)
    assert found is not None
    assert [day for day, _ in found.months][:1] == [date(2023, 4, 1)]
    assert [share.count for _, share in found.months] == [0] * 11 + [1]


def test_a_film_counts_in_each_of_its_genres(stats: RatingStats) -> None:
    counted = {one.name: (one.share.count, one.share.mean) for one in stats.genres}
    assert counted == {"Comedy": (2, 4.0), "Drama": (2, 3.5)}


def test_nothing_rated_has_no_statistics(viewer: User, catalogue: list[Movie]) -> None:
    assert get_rating_stats(user=viewer) is None
    assert get_rating_stats(user=None) is None


def test_bars_are_whole_numbers_and_the_greatest_fills_the_plot() -> None:
    plot = draw_bars([("a", "", 0, None), ("b", "b", 1, 2.5), ("c", "", 400, 3.0)])
    assert [bar.height for bar in plot.bars] == [0, 12, 1000]
    assert all(isinstance(value, int) for bar in plot.bars for value in (bar.x, bar.y, bar.width))
    assert all(bar.y + bar.height == plot.height for bar in plot.bars)
    assert draw_lengths([200, 100, 0]) == [1000, 500, 0]
    assert draw_bars([]).bars == ()


@pytest.mark.parametrize("places", [1, 3, 5, 8])
def test_bars_stand_amid_their_labels_however_few_they_are(places: int) -> None:
    plot = draw_bars([("a", "a", 1, None)] * places)
    middles = [(bar.x + bar.width / 2) / plot.width for bar in plot.bars]
    assert middles == pytest.approx([(place + 0.5) / places for place in range(places)])
    assert all(0 < bar.width / plot.width <= 0.16 for bar in plot.bars)


def test_axes_reach_from_half_a_star_to_five() -> None:
    assert [place_stars(stars, length=300) for stars in (0.5, 2.75, 5)] == [0, 150, 300]
