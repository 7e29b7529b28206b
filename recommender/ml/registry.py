"""Finds a recommender by name: a baseline to fit, or a trained model in its directory."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recommender.ml.baselines.base import Baseline
from recommender.ml.errors import UsageError

if TYPE_CHECKING:
    from recommender.ml.trained import TrainedRecommender

BASELINES = {
    "popularity": "popularity.Popularity",
    "recent-popularity": "recent_popularity.RecentPopularity",
    "transitions": "transitions.Transitions",
    "item-item": "item_item.ItemItem",
    "ease": "ease.Ease",
    "ease-recency": "ease.EaseRecency",
    "ials": "ials.ImplicitALS",
    "ncf": "ncf.NeuralCF",
    "lightgcn": "lightgcn.LightGCN",
}
"""Where in `baselines` each is; imported when asked for, since some need torch."""


class RegistryError(UsageError):
    """There is no such recommender, or it has no such option."""


def make_baseline(name: str, options: Mapping[str, Any] | None = None) -> Baseline:
    """Return an unfitted baseline.

    Raises:
        RegistryError: The name or an option is unknown, or a value is impossible.
    """
    if name not in BASELINES:
        raise RegistryError(f"{name}: is no baseline; there are {', '.join(BASELINES)}")
    known = option_names(name)
    for option in options or {}:
        if option not in known:
            has = ", ".join(known) or "none"
            raise RegistryError(f"{name}: has no option {option!r}; its options: {has}")
    try:
        return find_baseline(name)(**dict(options or {}))
    except ValueError as error:
        raise RegistryError(f"{name}: {error}") from error


def option_names(name: str) -> list[str]:
    """Return the options of a baseline."""
    return list(inspect.signature(find_baseline(name)).parameters)


def find_baseline(name: str) -> type[Baseline]:
    """Return the class of a baseline."""
    module, kind = BASELINES[name].split(".")
    found: type[Baseline] = getattr(import_module(f"recommender.ml.baselines.{module}"), kind)
    return found


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
