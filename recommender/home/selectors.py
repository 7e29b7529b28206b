"""What the home page shows a person: three films for the evening, then the rows."""

import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.http import QueryDict

from accounts.models import User
from recommender import cache, payloads
from recommender.answering import is_of_state
from recommender.answers import NO_FILTERS, Filters, HomeRow, Recommendation, Taste
from recommender.catalogue_arrays import CatalogueArrays, FilmLabel
from recommender.experiments.row_bandit import arrange_rows, needs_context
from recommender.feedback import noting as feedback
from recommender.home.composing import compute_home_rows, trim_rows
from recommender.home.draft import HomeDraft, start_draft
from recommender.home.reading import NO_FACTS, HomeFacts, read_home_facts
from recommender.night.suggesting import leaves_out_unrated
from recommender.own_scale import read_own_scale
from recommender.recommending import make_ranking
from recommender.serving import ServingState, Snapshot, model_server, read_state
from recommender.taste.reading import read_taste
from recommender.tonight.company import Company, FilmTogether, pick_together, read_companies
from recommender.tonight.picking import TonightAnswers, pick_films, read_answers
from recommender.tonight.series import FILMS

TONIGHT = "tonight"
FAN_FILMS = 5
# So long after an evening it is asked how the film was, and not before the film is over.
ASKED_FOR_DAYS = 7
FILM_LASTS = "2 hours"

_VISITOR_SQL = """
SELECT (SELECT count(*) FROM catalog_rating WHERE user_id = asked.user_id),
       ARRAY(SELECT service_id FROM recommender_chosenservice
             WHERE user_id = asked.user_id ORDER BY service_id),
       (SELECT entry.movie_id FROM catalog_diaryentry AS entry
        WHERE entry.user_id = asked.user_id AND entry.watched_on > current_date - %s
          AND entry.created_at < now() - %s::interval
          AND NOT EXISTS (SELECT 1 FROM catalog_rating AS rating
                          WHERE rating.user_id = entry.user_id
                            AND rating.movie_id = entry.movie_id)
        ORDER BY entry.watched_on DESC, entry.id DESC LIMIT 1)
FROM (SELECT %s::bigint AS user_id) AS asked
"""


@dataclass(frozen=True, slots=True)
class Visitor:
    """What home asks of somebody: ratings, services, and a film watched lately without stars."""

    num_ratings: int = 0
    service_ids: tuple[int, ...] = ()
    watched_movie_id: int | None = None


NOBODY = Visitor()


@dataclass(frozen=True, slots=True)
class TonightPicks:
    """Up to three films for the evening; `labels` say by id what is known of length and services.

    `num_lacking` says of how many films no genre is known, where genres were asked for.
    `recommendation_id` is empty where nobody is shown them. `together` says by id what a company
    makes of them, and `leaves_out_unrated` whether there are films it is never shown.
    """

    answers: TonightAnswers
    filters: Filters
    items: tuple[Recommendation, ...]
    has_more: bool
    recommendation_id: str
    labels: dict[int, FilmLabel]
    num_lacking: int
    together: dict[int, FilmTogether] = field(default_factory=dict)
    leaves_out_unrated: bool = False


@dataclass(frozen=True, slots=True)
class HomePage:
    """The home page of a person; `fan_ids` are films beside the invitation, if it stands there."""

    visitor: Visitor
    tonight: TonightPicks
    rows: list[HomeRow]
    fan_ids: tuple[int, ...]
    catalogue: CatalogueArrays
    companies: tuple[Company, ...]


def read_visitor(*, user: User | None) -> Visitor:
    """Return what home asks of a person; one query, none for somebody new."""
    if user is None:
        return NOBODY
    with connection.cursor() as cursor:
        cursor.execute(_VISITOR_SQL, [ASKED_FOR_DAYS, FILM_LASTS, user.pk])
        num_ratings, service_ids, watched = cursor.fetchone()
    return Visitor(num_ratings, tuple(service_ids), watched)


class HomeReader:
    """Reads one person's home page: state, snapshot and taste once, however much is shown.

    `is_shown` notes the films as shown to the person; `is_counted` counts look-ups in the cache.
    """

    def __init__(
        self,
        *,
        user: User | AnonymousUser | None,
        is_shown: bool = False,
        is_counted: bool = True,
    ) -> None:
        self._user_id = user.pk if user is not None else None
        self._state: ServingState = read_state(user_id=self._user_id)
        self._snapshot: Snapshot = model_server.get_snapshot(self._state)
        self._is_shown = is_shown and self._user_id is not None
        self._is_counted = is_counted
        self._drafts: dict[Filters, HomeDraft] = {}
        self._arranged: list[HomeRow] = []

    @property
    def catalogue(self) -> CatalogueArrays:
        """The catalogue that answers are computed from."""
        return self._snapshot.catalogue

    @cached_property
    def _taste(self) -> Taste:
        return Taste() if self._user_id is None else read_taste(user_id=self._user_id)

    def read_tonight(
        self, answers: TonightAnswers, *, service_ids: tuple[int, ...]
    ) -> TonightPicks:
        """Return the films for the evening; cached like recommendations but for a company."""
        filters = answers.make_filters(self.catalogue, service_ids=service_ids)
        if answers.company is not None:
            return self._read_together(answers, answers.company, filters)

        def compute() -> list[HomeRow]:
            found = pick_films(self._draft(filters), page=answers.page)
            return [HomeRow(TONIGHT, "", "", found, uuid.uuid4().hex)]

        [row] = self._get_rows(TONIGHT, f"{filters!r}{answers.page}", compute)
        shown = replace(row, items=row.items[:FILMS])
        if self._is_shown:
            feedback.note_home(
                state=self._state,
                user_id=self._user_id or 0,
                rows=[shown],
                model=self._snapshot.model_version,
            )
        return TonightPicks(
            answers=answers,
            filters=filters,
            items=shown.items,
            has_more=len(row.items) > FILMS,
            recommendation_id="" if self._user_id is None else row.recommendation_id,
            labels=self.catalogue.label_films([item.movie_id for item in shown.items]),
            num_lacking=self._count_lacking(answers),
        )

    def _read_together(
        self, answers: TonightAnswers, company: Company, filters: Filters
    ) -> TonightPicks:
        """Return films for several people; what comes of them tells nothing of one alone."""
        skip = FILMS * (answers.page - 1)
        found = pick_together(
            self._snapshot, company=company, filters=filters, skip=skip, limit=FILMS + 1
        )
        shown = {film.movie_id: film for film in found[:FILMS]}
        items = tuple(
            Recommendation(rank=rank, movie_id=movie_id, score=0.0, predicted_rating=None)
            for rank, movie_id in enumerate(shown, start=skip + 1)
        )
        return TonightPicks(
            answers=answers,
            filters=filters,
            items=items,
            has_more=len(found) > FILMS,
            recommendation_id="",
            labels=self.catalogue.label_films(list(shown)),
            num_lacking=self._count_lacking(answers),
            together=shown,
            leaves_out_unrated=leaves_out_unrated(self._snapshot),
        )

    def _count_lacking(self, answers: TonightAnswers) -> int:
        return int(np.count_nonzero(self.catalogue.lacks_genre)) if answers.genre_names else 0

    def read_rows(self, *, context: str = "", without: Collection[int] = ()) -> list[HomeRow]:
        """Return the rows, no film twice and none of `without`; cached like recommendations.

        `context` is what a bandit may order them by.
        """
        arm = self._state.row_arm

        def compute() -> list[HomeRow]:
            page_id = uuid.uuid4().hex
            rows = compute_home_rows(self._draft(NO_FILTERS), facts=self._read_facts())
            rows = arrange_rows(rows, arm=arm, context=context, page_id=page_id)
            return [replace(row, recommendation_id=page_id) for row in rows]

        arranged = self._get_rows(cache.ROWS, context if needs_context(arm) else "", compute)
        self._arranged = arranged
        rows = trim_rows(arranged, without=without)
        if self._is_shown:
            feedback.note_home(
                state=self._state,
                user_id=self._user_id or 0,
                rows=rows,
                model=self._snapshot.model_version,
                context=context,
                arranged=arranged,
            )
        return rows

    def find_spare(self, *, without: Collection[int], limit: int) -> tuple[int, ...]:
        """Return films that the rows read before have to spare, less those of `without`."""
        items = [item.movie_id for row in self._arranged for item in row.items]
        return tuple(pk for pk in items if pk not in without)[:limit]

    def _draft(self, filters: Filters) -> HomeDraft:
        """Rank and explain once, though the evening and the rows both ask, most often the same."""
        if filters not in self._drafts:
            whole = make_ranking(self._snapshot, taste=self._taste, filters=filters)
            self._drafts[filters] = start_draft(self._snapshot, taste=self._taste, whole=whole)
        return self._drafts[filters]

    def _read_facts(self) -> HomeFacts:
        if self._user_id is None:
            return NO_FACTS
        history = self._taste.history
        scale = read_own_scale(history, everybody=self.catalogue.mean_rating)
        liked = [item.movie_id for item in history if scale.is_liked(item)]
        best = sorted((item.stars or 0.0 for item in history), reverse=True)
        return read_home_facts(
            user_id=self._user_id,
            liked_ids=liked,
            seen_ids=[item.movie_id for item in history],
            # The best third, and never what is not liked.
            min_stars=max(scale.mean, best[len(best) // 3] if best else 0.0),
        )

    def _get_rows(
        self, kind: str, options: str, compute: Callable[[], list[HomeRow]]
    ) -> list[HomeRow]:
        if not is_of_state(self._snapshot, self._state):
            # What is kept is of the version this process still loads; a page is of one version.
            return compute()
        key = cache.make_key(kind, state=self._state, user_id=self._user_id, options=options)

        def compute_bytes() -> tuple[bytes, bool]:
            return payloads.dump_rows(compute()), True

        raw = cache.get_or_compute(key, compute_bytes, is_counted=self._is_counted)
        return payloads.load_rows(raw)


def warm_up_home(*, user: User) -> None:
    """Compute and keep what a person's home page shows before anything is answered there."""
    reader, visitor = HomeReader(user=user, is_counted=False), read_visitor(user=user)
    reader.read_tonight(TonightAnswers(), service_ids=visitor.service_ids)
    reader.read_rows()


def get_home_page(*, user: User | None, query: QueryDict, context: str) -> HomePage:
    """Return the home page and note what it shows; `query` holds the answers for the evening."""
    reader = HomeReader(user=user, is_shown=True)
    visitor = read_visitor(user=user)
    companies = read_companies(user=user)
    answers = read_answers(query, reader.catalogue, companies=companies)
    tonight = reader.read_tonight(answers, service_ids=visitor.service_ids)
    shown = {item.movie_id for item in tonight.items}
    rows = reader.read_rows(context=context, without=shown)
    shown.update(item.movie_id for row in rows for item in row.items)
    fan = () if visitor.num_ratings else reader.find_spare(without=shown, limit=FAN_FILMS)
    return HomePage(visitor, tonight, rows, fan, reader.catalogue, companies)
