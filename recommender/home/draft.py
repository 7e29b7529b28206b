"""What the evening and the rows of a home page are made from, and which films its rows hold."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recommender.answers import Reason, Recommendation, Taste
from recommender.own_scale import OwnScale, put_lukewarm_last, read_own_scale
from recommender.predicting import PredictedStars, predict_stars
from recommender.reasons import NamedFilms, explain_films, name_history_films
from recommender.recommending import Ranking
from recommender.serving import Snapshot

ROW_FILMS = 12
# A row keeps some films more: those that stand above the rows are taken out of them later.
SPARE_FILMS = 3
MIN_ROW_FILMS = 4
CAUSE_POOL = 160


@dataclass
class HomeDraft:
    """A page being made: the ranking of all films, their predicted stars, the films in rows so far.

    `whole` ranks N films; indices of the methods are places in it. What takes long is computed
    once, when first asked for.
    """

    snapshot: Snapshot
    taste: Taste
    whole: Ranking
    scale: OwnScale
    used: set[int] = field(default_factory=set)

    @cached_property
    def positions(self) -> NDArray[np.int64]:
        """The ranked films' positions (N,) in the catalogue."""
        return self.snapshot.catalogue.positions_of(self.whole.movie_ids)

    @cached_property
    def predicted(self) -> list[PredictedStars | None]:
        """The stars predicted for each ranked film."""
        return predict_stars(self.snapshot, history=self.taste.history, positions=self.positions)

    @cached_property
    def named(self) -> NamedFilms:
        """The films of the history that brought up the first `CAUSE_POOL` ranked films."""
        pool = self.positions[:CAUSE_POOL]
        return name_history_films(self.snapshot, taste=self.taste, positions=pool)

    def find_unused(self, *, among: int | None = None) -> list[int]:
        """Return the indices of ranked films (the first `among`) that stand nowhere yet."""
        ids = self.whole.movie_ids[:among].tolist()
        return [index for index, movie_id in enumerate(ids) if movie_id not in self.used]

    def take_best(self, limit: int) -> tuple[list[int], list[int]]:
        """Return the indices of the first `limit` films, those predicted lukewarm stars last.

        Those known to fit what was asked are apart from those of which that is not known.
        """
        size = min(limit, len(self.whole.movie_ids))
        known = size if self.whole.num_fits is None else min(self.whole.num_fits, size)
        fits, doubtful = (
            put_lukewarm_last(range(start, end), self.predicted[start:end], scale=self.scale)
            for start, end in ((0, known), (known, size))
        )
        return fits, doubtful

    def explain(self, indices: Sequence[int]) -> list[tuple[Reason, ...]]:
        """Return the reasons of ranked films, which must be among the first `CAUSE_POOL`."""
        places = np.array(indices, dtype=np.int64)
        return explain_films(
            self.snapshot,
            taste=self.taste,
            positions=self.positions[places],
            named=self.named.take(places),
        )

    def present(
        self,
        indices: Sequence[int],
        *,
        reasons: Sequence[tuple[Reason, ...]] = (),
        first_rank: int = 1,
    ) -> tuple[Recommendation, ...]:
        """Return ranked films with the stars predicted and, if given, the reasons of each."""
        return tuple(
            Recommendation(
                rank=first_rank + number,
                movie_id=int(self.whole.movie_ids[index]),
                score=round(float(self.whole.scores[index]), 4),
                predicted_rating=stars.expected if (stars := self.predicted[index]) else None,
                reasons=tuple(reasons[number]) if reasons else (),
                predicted_range=stars.range if stars else None,
            )
            for number, index in enumerate(indices)
        )

    def put(
        self, indices: Sequence[int], *, reasons: Sequence[tuple[Reason, ...]] = ()
    ) -> tuple[Recommendation, ...]:
        """Return ranked films as items of a row, as many as it takes, and count them as used."""
        items = self.present(indices[: ROW_FILMS + SPARE_FILMS], reasons=reasons)
        self.used.update(item.movie_id for item in items)
        return items


def start_draft(snapshot: Snapshot, *, taste: Taste, whole: Ranking) -> HomeDraft:
    """Begin a page from a person's ranking of all films."""
    return HomeDraft(
        snapshot=snapshot,
        taste=taste,
        whole=whole,
        scale=read_own_scale(taste.history, everybody=snapshot.catalogue.mean_rating),
    )
