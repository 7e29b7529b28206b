"""The rows of the home page: what heads them, what is in them, and that they say the truth."""

import datetime
import json
from dataclasses import replace
from itertools import starmap
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from catalog.diary_models import DiaryEntry
from catalog.models import Credit, Genre, Movie, Person, Rating, SeenMovie
from catalog.services import bump_catalogue_version
from recommender.answers import NO_FILTERS, HistoryItem, HomeRow, Recommendation, Taste
from recommender.dials import Dials
from recommender.feedback import buffer as feedback_buffer
from recommender.home.composing import compute_home_rows, trim_rows
from recommender.home.draft import HomeDraft, start_draft
from recommender.home.reading import LikedCredit, read_home_facts
from recommender.home.rows import make_hidden_gems, make_people_row
from recommender.home.selectors import HomeReader
from recommender.model_versions import activate_model_version, install_model
from recommender.models import ModelVersion
from recommender.predicting import predict_stars
from recommender.recommending import Ranking, make_ranking
from recommender.services import exclude_genres, hide_movie, set_dials
from recommender.serving import Snapshot, model_server, read_state
from recommender.tonight.picking import TonightAnswers, pick_films
from tests.recommender.conftest import Watch

HISTORY = (20, 23, 26, 29, 32, 1)


def snapshot_now() -> Snapshot:
    return model_server.get_snapshot(read_state(user_id=None))


def make_taste(**stars: float) -> Taste:
    """A history of the usual films, four stars each but for those given."""
    return Taste(history=tuple(HistoryItem(pk, stars.get(f"film_{pk}", 4.0)) for pk in HISTORY))


def rank(snapshot: Snapshot, taste: Taste) -> Ranking:
    return make_ranking(snapshot, taste=taste, filters=NO_FILTERS)


def make_rows(snapshot: Snapshot, taste: Taste) -> list[HomeRow]:
    return compute_home_rows(begin_draft(snapshot, taste))


def begin_draft(snapshot: Snapshot, taste: Taste) -> HomeDraft:
    return start_draft(snapshot, taste=taste, whole=rank(snapshot, taste))


def rows_of(user: User) -> dict[str, HomeRow]:
    return {row.key: row for row in HomeReader(user=user).read_rows()}


def test_row_is_headed_only_by_films_rated_well_by_the_own_scale(
    active_model: ModelVersion,
) -> None:
    films = (20, 23, 26, 29, 32, 3, 6, 9, 12, 15)
    taste = Taste(history=tuple(HistoryItem(pk, 4.0) for pk in films))
    warm = make_rows(snapshot_now(), taste)
    causes = [int(row.key.partition("-")[2]) for row in warm if row.kind == "because"]
    assert causes
    stars = {pk: 3.0 if pk in causes else 4.0 for pk in films}
    lukewarm = Taste(history=tuple(starmap(HistoryItem, stars.items())))
    cooler = make_rows(snapshot_now(), lukewarm)
    heads = {int(row.key.partition("-")[2]) for row in cooler if row.kind == "because"}
    assert not heads & set(causes)


def test_no_film_predicted_lukewarm_leads_where_another_is_not(active_model: ModelVersion) -> None:
    snapshot, taste = snapshot_now(), make_taste()
    bias = snapshot.catalogue.item_bias.copy()
    plain = pick_films(begin_draft(snapshot, taste), page=1)
    worst = snapshot.catalogue.positions_of([plain[0].movie_id])
    bias[worst] = -2.5
    colder = replace(snapshot, catalogue=replace(snapshot.catalogue, item_bias=bias))
    stars = predict_stars(colder, history=taste.history, positions=worst)
    assert stars[0] is not None
    assert stars[0].expected < 2
    picks = pick_films(begin_draft(colder, taste), page=1)
    assert plain[0].movie_id not in [item.movie_id for item in picks]
    top = make_rows(colder, taste)[0]
    assert top.key == "top"
    assert top.items[0].movie_id != plain[0].movie_id


def test_no_film_of_unknown_year_leads_where_another_is_of_the_years_wished_for(
    active_model: ModelVersion,
) -> None:
    Movie.objects.filter(pk__lt=50).update(year=None)
    Movie.objects.filter(pk__gte=50).update(year=timezone.now().year, rating_mean=0.5)
    bump_catalogue_version()
    taste = replace(make_taste(), dials=Dials(last_years=10))
    top = make_rows(snapshot_now(), taste)[0]
    ids = [item.movie_id for item in top.items]
    assert {*ids[:11]} == {*range(50, 61)}
    assert len(ids) > 11


def test_rows_without_facts_do_not_appear(active_model: ModelVersion) -> None:
    kinds = {row.kind for row in make_rows(snapshot_now(), make_taste())}
    assert not kinds & {"people", "rewatch"}


def test_every_row_says_why_it_is_there(active_model: ModelVersion) -> None:
    for taste in (make_taste(), Taste()):
        rows = make_rows(snapshot_now(), taste)
        assert all(row.title and row.explanation for row in rows)


def test_films_of_people_one_likes_are_unseen_and_name_them(
    active_model: ModelVersion, viewer: User, watch: Watch
) -> None:
    watch(viewer, *HISTORY)
    director, actor, once = (Person.objects.create(name=name) for name in ("Ann", "Bob", "Cy"))
    for movie_id in (20, 23, 40, 41, 42, 43):
        Credit.objects.create(movie_id=movie_id, person=director, job="director")
    for movie_id in (26, 29, 32, 44, 45, 46):
        Credit.objects.create(movie_id=movie_id, person=actor, job="actor", order=2)
    for movie_id in (20, 50):
        Credit.objects.create(movie_id=movie_id, person=once, job="director")
    Credit.objects.create(movie_id=47, person=actor, job="actor", order=9)
    facts = read_home_facts(user_id=viewer.pk, liked_ids=HISTORY, seen_ids=HISTORY, min_stars=4.0)
    row = make_people_row(begin_draft(snapshot_now(), make_taste()), facts.credits)
    assert len(row.items) >= 4
    texts = {item.movie_id: item.reasons[0].text for item in row.items}
    assert set(texts) <= {40, 41, 42, 43, 44, 45, 46}
    for movie_id, text in texts.items():
        name, count = ("By Ann", 2) if movie_id < 44 else ("With Bob", 3)
        assert text == f"{name}: you liked {count} of their films"


def test_people_row_leaves_out_films_predicted_lukewarm(active_model: ModelVersion) -> None:
    draft = begin_draft(snapshot_now(), make_taste())
    ids = draft.whole.movie_ids[:10].tolist()
    credits = [LikedCredit(pk, "Ann", True, 2) for pk in ids]
    draft.scale = replace(draft.scale, mean=1.0)
    whole = {item.movie_id for item in make_people_row(draft, credits).items}
    draft = begin_draft(snapshot_now(), make_taste())
    draft.scale = replace(draft.scale, mean=9.0)
    assert whole == set(ids)
    assert make_people_row(draft, credits).items == ()


def test_gems_are_little_known_and_predicted_above_the_own_mean(
    active_model: ModelVersion,
) -> None:
    Movie.objects.filter(pk__gte=30).update(rating_count=12, rating_mean=5.0)
    bump_catalogue_version()
    draft = begin_draft(snapshot_now(), make_taste())
    draft.scale = replace(draft.scale, mean=3.0)
    gems = make_hidden_gems(draft).items
    assert gems
    counts = draft.snapshot.catalogue.rating_count
    for item in gems:
        assert counts[draft.snapshot.catalogue.positions_of([item.movie_id])[0]] <= 59
        assert (item.predicted_rating or 0) >= 3.2
    draft = begin_draft(snapshot_now(), make_taste())
    draft.scale = replace(draft.scale, mean=4.9)
    assert make_hidden_gems(draft).items == ()


def test_films_to_see_again_are_the_best_and_long_ago(
    active_model: ModelVersion, viewer: User, watch: Watch
) -> None:
    watch(viewer, *HISTORY, 35, 38, stars=5.0)
    watch(viewer, 2, 5, 8, 11, stars=2.0)
    assert "rewatch" not in rows_of(viewer)
    long_ago = timezone.now() - datetime.timedelta(days=800)
    Rating.objects.exclude(movie_id=38).update(watched_at=long_ago)
    viewer.refresh_from_db()
    bump_catalogue_version()
    row = rows_of(viewer)["rewatch"]
    assert {item.movie_id for item in row.items} == {*HISTORY, 35}
    assert {item.score for item in row.items} == {5.0}


def test_films_to_see_again_are_of_the_diary_too_unless_watched_lately_or_hidden(
    active_model: ModelVersion, viewer: User, watch: Watch
) -> None:
    watch(viewer, *HISTORY, 35, 38, stars=5.0)
    watch(viewer, 2, 5, 8, 11, stars=2.0)
    long_ago = timezone.now() - datetime.timedelta(days=800)
    Rating.objects.update(watched_at=long_ago)
    for movie_id in HISTORY:
        DiaryEntry.objects.create(user=viewer, movie_id=movie_id, watched_on=long_ago.date())
    DiaryEntry.objects.create(user=viewer, movie_id=HISTORY[0], watched_on=timezone.localdate())
    SeenMovie.objects.create(user=viewer, movie_id=38)
    hide_movie(user=viewer, movie_id=35)
    viewer.refresh_from_db()
    row = rows_of(viewer)["rewatch"]
    assert {item.movie_id for item in row.items} == {*HISTORY[1:], 38}


def test_all_rows_keep_to_what_is_wished_for_always(
    active_model: ModelVersion, viewer: User, watch: Watch
) -> None:
    watch(viewer, *range(31, 55), stars=5.0)
    watch(viewer, 1, 2, 3, stars=2.0)
    Rating.objects.update(watched_at=timezone.now() - datetime.timedelta(days=800))
    rows = rows_of(viewer)
    assert not all(is_wished(pk) for row in rows.values() for pk in get_ids(row))
    exclude_genres(user=viewer, genre_ids=[Genre.objects.get(name="Drama").pk])
    set_dials(user=viewer, dials=Dials(last_years=timezone.now().year - 2000 + 1))
    viewer.refresh_from_db()
    rows = rows_of(viewer)
    assert {"top", "rewatch"} <= set(rows)
    for row in rows.values():
        assert all(is_wished(pk) for pk in get_ids(row)), row.key
    picks = HomeReader(user=viewer).read_tonight(TonightAnswers(), service_ids=())
    assert all(is_wished(item.movie_id) for item in picks.items)


def is_wished(movie_id: int) -> bool:
    """Whether a film is of 2000 or later and no drama."""
    return movie_id >= 40 and movie_id % 3 != 2


def get_ids(row: HomeRow) -> list[int]:
    return [item.movie_id for item in row.items]


def test_reading_facts_is_two_bounded_queries(viewer: User, watch: Watch) -> None:
    watch(viewer, *HISTORY)
    person = Person.objects.create(name="Ann")
    counts = []
    for films in (range(20, 30), range(1, 60)):
        Credit.objects.all().delete()
        Credit.objects.bulk_create(
            Credit(movie_id=pk, person=person, job="director") for pk in films
        )
        with CaptureQueriesContext(connection) as queries:
            facts = read_home_facts(
                user_id=viewer.pk, liked_ids=HISTORY, seen_ids=HISTORY, min_stars=4.0
            )
        counts.append(len(queries))
        assert {credit.movie_id for credit in facts.credits} == set(films) - set(HISTORY)
    assert counts == [2, 2]


@pytest.mark.parametrize("spare", [0, 3])
def test_trimming_takes_out_films_shown_above_and_counts_anew(spare: int) -> None:
    items = tuple(Recommendation(n + 1, n, 1.0, None) for n in range(15))
    short = items[:5]
    rows = [HomeRow("top", "Top", "", items), HomeRow("people", "People", "", short)]
    trimmed = trim_rows(rows, without=set(range(spare)))
    assert [item.movie_id for item in trimmed[0].items] == list(range(spare, 12 + spare))
    assert [item.rank for item in trimmed[0].items] == list(range(1, 13))
    assert [row.key for row in trimmed] == (["top", "people"] if not spare else ["top"])


def test_genre_rows_follow_what_is_rated_above_the_own_mean(
    active_model: ModelVersion, viewer: User, watch: Watch
) -> None:
    by_genre = {name: [pk for pk in range(1, 40) if pk % 3 == place] for place, name in
                enumerate(("Action", "Comedy", "Drama"))}  # fmt: skip
    watch(viewer, *by_genre["Comedy"][:4], stars=5.0)
    watch(viewer, *by_genre["Drama"][:4], stars=2.5)
    genres = [row for row in HomeReader(user=viewer).read_rows() if row.kind == "genre"]
    assert [row.title for row in genres] == ["Popular in Comedy"]
    assert genres[0].explanation == "You gave 4 of them 5.0 stars on average."


def test_home_of_a_process_that_still_loads_is_of_one_model_and_credited_to_it(
    active_model: ModelVersion, viewer: User, watch: Watch, spoilt_directory: Path
) -> None:
    watch(viewer, *HISTORY)

    def read_page() -> tuple[list[int], list[int]]:
        reader = HomeReader(user=viewer, is_shown=True)
        tonight = reader.read_tonight(TonightAnswers(), service_ids=())
        rows = reader.read_rows()
        return (
            [item.movie_id for item in tonight.items],
            [item.movie_id for row in rows for item in row.items],
        )

    before = read_page()
    other = install_model(directory=spoilt_directory, activate=True)
    HomeReader(user=viewer).read_tonight(TonightAnswers(), service_ids=())
    activate_model_version(version_id=active_model.pk)
    snapshot_now()
    activate_model_version(version_id=other.pk)
    feedback_buffer.drop(feedback_buffer.read(limit=10))
    with model_server._lock:  # as whoever loads holds it; another process has kept an answer
        assert read_page() == before
    noted = [json.loads(entry)["model"] for entry in feedback_buffer.read(limit=10)]
    assert noted == [active_model.pk] * 2
    assert read_page() != before
