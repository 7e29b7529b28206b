"""Finds a recommender by name: a baseline to fit, or a trained model in its directory."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recommender.ml.baselines.base import Baseline
from recommender.ml.baselines.ease import Ease, EaseRecency
from recommender.ml.baselines.ials import ImplicitALS
from recommender.ml.baselines.item_item import ItemItem
from recommender.ml.baselines.popularity import Popularity
from recommender.ml.baselines.recent_popularity import RecentPopularity
from recommender.ml.baselines.transitions import Transitions
from recommender.ml.errors import UsageError

if TYPE_CHECKING:
    from recommender.ml.trained import TrainedRecommender

BASELINES: dict[str, type[Baseline]] = {
    kind.name: kind
    for kind in (
        Popularity,
        RecentPopularity,
        Transitions,
        ItemItem,
        Ease,
        EaseRecency,
        ImplicitALS,
    )
}


class RegistryError(UsageError):
    """There is no such recommender, or it has no such option."""


def make_baseline(name: str, options: Mapping[str, Any] | None = None) -> Baseline:
    """Return an unfitted baseline.

    Raises:
        RegistryError: The name or an option is unknown, or a value is impossible.
    """
    if name not in BASELINES:
        raise RegistryError(f"{name}: is no baseline; there are {', '.join(BASELINES)}")
    known = list(inspect.signature(BASELINES[name]).parameters)
    for option in options or {}:
        if option not in known:
            has = ", ".join(known) or "none"
            raise RegistryError(f"{name}: has no option {option!r}; its options: {has}")
    try:
        return BASELINES[name](**dict(options or {}))
    except ValueError as error:
        raise RegistryError(f"{name}: {error}") from error


def is_baseline(name: str) -> bool:
    """Tell whether a name is that of a baseline and not, say, a model directory."""
    return name in BASELINES


def load_trained(directory: Path, *, name: str | None = None) -> TrainedRecommender:
    """Load a model directory; its folder's name names it unless `name` does.

    Raises:
        RegistryError: There is no such directory.
        ArtifactError: A file in it is missing or broken.
    """
    if not directory.is_dir():
        known = ", ".join(BASELINES)
        raise RegistryError(f"{directory}: is neither a model directory nor one of {known}")
    # Baselines are fitted and measured without onnxruntime.
    from recommender.ml.trained import TrainedRecommender  # noqa: PLC0415

    return TrainedRecommender.load(directory, name=name)
