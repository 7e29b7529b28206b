"""What people are recommended: cold start, seen and hidden films, filters, pages, freshness."""

import threading

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from accounts.models import User
from catalog.models import Genre, Movie
from catalog.services import remove_rating, set_rating
from movieshow.cursors import InvalidCursorError
from recommender import selectors, services
from recommender.answers import Filters, HistoryItem, RecommendationList
from recommender.home.selectors import HomeReader
from recommender.models import ModelVersion
from recommender.onboarding.selectors import get_onboarding_movies
from tests.recommender.asking import get_recommendations
from tests.recommender.conftest import NUM_MOVIES, Watch


def ids(answer: RecommendationList) -> list[int]:
    return [item.movie_id for item in answer.items]


def genre_of(movie_id: int) -> int:
    """Films of one genre are three apart."""
    return movie_id % 3


def test_nobody_gets_what_is_popular(active_model: ModelVersion) -> None:
    answer = get_recommendations(user=None)
    assert answer.is_fallback
    assert ids(answer)[0] <= 3
    assert [item.rank for item in answer.items] == list(range(1, 11))


def test_newcomer_gets_what_is_popular_in_the_chosen_genres(
    active_model: ModelVersion, viewer: User
) -> None:
    comedy = Genre.objects.get(name="Comedy")
    services.save_onboarding(user=viewer, genre_ids=[comedy.pk])
    answer = get_recommendations(user=viewer, limit=25, include_reasons=True)
    first = Movie.objects.filter(pk__in=ids(answer)[:20], genres=comedy).count()
    assert first == 20
    assert len(answer.items) == 25
    reason = answer.items[0].reasons[0]
    assert (reason.kind, reason.text) == ("popular_in", "Popular in Comedy")


@pytest.mark.parametrize(("count", "is_fallback"), [(1, True), (4, True), (5, False), (9, False)])
def test_transformer_takes_over_at_five_films(
    active_model: ModelVersion, viewer: User, watch: Watch, count: int, is_fallback: bool
) -> None:
    watch(viewer, *range(1, 3 * count, 3))
    answer = get_recommendations(user=viewer)
    assert answer.is_fallback is is_fallback
    assert answer.model_version == active_model.pk


def test_transformer_continues_the_history_in_its_order(
    active_model: ModelVersion, viewer: User, watch: Watch
) -> None:
    watch(viewer, 20, 23, 26, 29, 32, 35)
    assert ids(get_recommendations(user=viewer))[0] == 38


def test_seen_and_hidden_films_never_come_back(
    active_model: ModelVersion, viewer: User, watch: Watch
) -> None:
    watch(viewer, 20, 23, 26, 29, 32)
    watch(viewer, 1, stars=0.5)
    services.hide_movie(user=viewer, movie_id=35)
    answer = get_recommendations(user=viewer, limit=100)
    assert not {20, 23, 26, 29, 32, 1, 35} & set(ids(answer))
    assert len(answer.items) == NUM_MOVIES - 7
    services.unhide_movie(user=viewer, movie_id=35)
    assert 35 in ids(get_recommendations(user=viewer, limit=100))


def test_very_next_answer_reflects_a_rating_and_its_removal(
    active_model: ModelVersion, viewer: User, watch: Watch
) -> None:
    watch(viewer, 20, 23, 26, 29, 32)
    before = get_recommendations(user=viewer)
    assert get_recommendations(user=viewer) == before
    set_rating(user=viewer, movie_id=ids(before)[0], stars=5)
    after = get_recommendations(user=viewer)
    assert ids(before)[0] not in ids(after)
    assert after.recommendation_id != before.recommendation_id
    remove_rating(user=viewer, movie_id=ids(before)[0])
    assert ids(get_recommendations(user=viewer)) == ids(before)


def test_filters_still_fill_the_answer(
    active_model: ModelVersion, viewer: User, watch: Watch
) -> None:
    watch(viewer, 20, 23, 26, 29, 32)
    drama = Genre.objects.get(name="Drama")
    answer = get_recommendations(
        user=viewer,
        filters=Filters(genre_ids=(drama.pk,), min_year=1962, max_year=2000),
        limit=8,
    )
    found = Movie.objects.filter(
        pk__in=ids(answer), genres=drama, year__gte=1962, year__lte=2000
    ).count()
    assert found == 8
    no_drama = Filters(excluded_genre_ids=(drama.pk,))
    without = get_recommendations(user=viewer, filters=no_drama, limit=100)
    assert not Movie.objects.filter(pk__in=ids(without), genres=drama).exists()


def test_pages_neither_repeat_nor_miss_a_film(
    active_model: ModelVersion, viewer: User, watch: Watch
) -> None:
    watch(viewer, 20, 23, 26, 29, 32)
    page = get_recommendations(user=viewer, limit=7)
    first_id, shown = page.recommendation_id, ids(page)
    while page.next_cursor:
        page = get_recommendations(user=viewer, limit=7, cursor=page.next_cursor)
        assert page.recommendation_id == first_id
        assert page.items[0].rank == len(shown) + 1
        shown += ids(page)
    assert len(shown) == len(set(shown)) == NUM_MOVIES - 5
    assert shown == ids(get_recommendations(user=viewer, limit=100))


def test_later_page_leaves_out_what_was_rated_since(
    active_model: ModelVersion, viewer: User, watch: Watch
) -> None:
    watch(viewer, 20, 23, 26, 29, 32)
    whole = ids(get_recommendations(user=viewer, limit=100))
    page = get_recommendations(user=viewer, limit=5)
    set_rating(user=viewer, movie_id=whole[6], stars=3)
    following = get_recommendations(user=viewer, limit=5, cursor=page.next_cursor)
    assert following.recommendation_id == page.recommendation_id
    assert ids(following) == [whole[5], *whole[7:11]]


def test_cursor_of_an_expired_answer_goes_on_under_a_new_id(
    active_model: ModelVersion, viewer: User, watch: Watch, settings: Settings
) -> None:
    watch(viewer, 20, 23, 26, 29, 32)
    page = get_recommendations(user=viewer, limit=5)
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    following = get_recommendations(user=viewer, limit=5, cursor=page.next_cursor)
    assert following.recommendation_id != page.recommendation_id
    assert not set(ids(page)) & set(ids(following))


def test_somebody_elses_cursor_shows_nothing_of_theirs(
    active_model: ModelVersion, viewer: User, watch: Watch
) -> None:
    watch(viewer, 20, 23, 26, 29, 32)
    page = get_recommendations(user=viewer, limit=5)
    other = User.objects.create_user("other")
    theirs = get_recommendations(user=other, limit=5, cursor=page.next_cursor)
    assert theirs.recommendation_id != page.recommendation_id
    assert theirs.is_fallback


def test_foreign_cursor_is_refused(active_model: ModelVersion) -> None:
    with pytest.raises(InvalidCursorError):
        get_recommendations(user=None, cursor="rubbish")


def test_posted_history_is_answered_like_a_person_with_that_history(
    active_model: ModelVersion, viewer: User, watch: Watch
) -> None:
    watch(viewer, 20, 23, 26, 29, 32)
    history = [HistoryItem(movie_id, 4.0) for movie_id in (20, 23, 26, 29, 32)]
    posted = get_recommendations(user=None, history=history)
    assert posted.recommendation_id is None
    assert posted.items == get_recommendations(user=viewer).items
    following = get_recommendations(user=None, history=history, cursor=posted.next_cursor)
    assert not set(ids(posted)) & set(ids(following))


def test_unknown_and_repeated_films_of_a_history_do_no_harm(active_model: ModelVersion) -> None:
    clean = [HistoryItem(pk, 4.0) for pk in (20, 23, 26, 29, 32)]
    messy = [HistoryItem(999_999, 5.0), *clean, HistoryItem(20, None), HistoryItem(23, 4.0)]
    assert ids(get_recommendations(user=None, history=messy)) == ids(
        get_recommendations(user=None, history=clean)
    )
    unknown = get_recommendations(user=None, history=[HistoryItem(999_999)] * 3)
    assert unknown.is_fallback
    assert len(unknown.items) == 10


def test_answers_come_without_redis_and_ratings_are_kept(
    active_model: ModelVersion, viewer: User, watch: Watch, settings: Settings
) -> None:
    watch(viewer, 20, 23, 26, 29, 32)
    get_recommendations(user=viewer)
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    for movie_id in (1, 2, 3, 4, 5):
        set_rating(user=viewer, movie_id=movie_id, stars=4)
        assert movie_id not in ids(get_recommendations(user=viewer, include_reasons=True))
    assert viewer.ratings.count() == 10


def test_cached_answer_takes_one_query(
    active_model: ModelVersion, viewer: User, watch: Watch
) -> None:
    watch(viewer, 20, 23, 26, 29, 32)
    get_recommendations(user=viewer)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        get_recommendations(user=viewer)
    assert len(queries) == 1


def test_cold_answer_takes_as_many_queries_for_a_long_history(
    active_model: ModelVersion, watch: Watch
) -> None:
    counts = []
    for number, films in enumerate((6, 50)):
        user = User.objects.create_user(f"reader-{number}")
        watch(user, *range(1, films + 1))
        get_recommendations(user=None)
        with CaptureQueriesContext(connection) as queries:
            get_recommendations(user=user, include_reasons=True)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 5


def test_home_shows_no_film_twice_and_no_seen_film(
    active_model: ModelVersion, viewer: User, watch: Watch
) -> None:
    watch(viewer, 20, 23, 26, 29, 32, 1)
    rows = HomeReader(user=viewer).read_rows()
    shown = [item.movie_id for row in rows for item in row.items]
    assert rows[0].title == "Top picks for you"
    assert any(item.reasons for item in rows[0].items)
    assert len(shown) == len(set(shown))
    assert not {20, 23, 26, 29, 32, 1} & set(shown)
    assert HomeReader(user=viewer).read_rows() == rows


def test_home_of_a_newcomer_has_rows_of_the_chosen_genres(
    active_model: ModelVersion, viewer: User
) -> None:
    services.save_onboarding(user=viewer, genre_ids=[Genre.objects.get(name="Drama").pk])
    titles = [row.title for row in HomeReader(user=viewer).read_rows()]
    assert titles == ["Popular in your genres", "Popular in Drama"]
    assert HomeReader(user=None).read_rows()[0].title == "Popular right now"


def test_similar_films_leave_out_the_film_itself(active_model: ModelVersion) -> None:
    similar = selectors.get_similar_movies(movie_id=20, limit=59)
    assert 20 not in [item.movie_id for item in similar]
    assert len(similar) == 59
    assert [item.score for item in similar] == sorted((s.score for s in similar), reverse=True)
    assert selectors.get_similar_movies(movie_id=999_999, limit=5) == []


def test_similar_films_without_a_model_share_genres(catalogue: list[Movie]) -> None:
    similar = selectors.get_similar_movies(movie_id=20, limit=10)
    assert {genre_of(item.movie_id) for item in similar} == {genre_of(20)}


def test_empty_catalogue_has_no_recommendations(db: None) -> None:
    assert get_recommendations(user=None).items == ()
    assert HomeReader(user=None).read_rows() == []
    assert get_onboarding_movies(user=None, limit=5) == []


@pytest.mark.django_db(transaction=True)
def test_concurrent_misses_share_one_recommendation_id(
    active_model: ModelVersion, viewer: User, watch: Watch
) -> None:
    watch(viewer, 20, 23, 26, 29, 32)
    get_recommendations(user=None)
    found: list[str | None] = []

    def ask() -> None:
        try:
            found.append(get_recommendations(user=viewer).recommendation_id)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
