"""The picture of a training run that lies beside its card."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from recommender.ml.epochs import EpochRecord
from recommender.ml.lab.plots import OTHER_COLOUR, OWN_COLOUR, new_figure, save_figure
from recommender.ml.training_clock import name_minutes

PLOT_FILE = "training.png"


def draw_epochs(
    path: Path, records: Sequence[EpochRecord], best_epoch: int, *, device: str
) -> None:
    """Draw losses, and Hit@10 and NDCG@10, over the minutes of a run, its best epoch marked.

    Raises:
        UsageError: matplotlib is not installed.
        ArtifactError: The file cannot be written.
    """
    figure = new_figure(7.0, 2.8)
    losses, quality = figure.subplots(1, 2)
    minutes = [record.total_minutes for record in records]
    best = minutes[best_epoch - 1]
    losses.plot(minutes, [r.train_loss for r in records], color=OTHER_COLOUR, label="training")
    losses.plot(minutes, [r.validation_loss for r in records], color=OWN_COLOUR, label="validation")
    losses.set_ylabel("loss, nats per film")
    quality.plot(minutes, [r.hit_at_10 for r in records], color=OTHER_COLOUR, label="Hit@10")
    quality.plot(minutes, [r.ndcg_at_10 for r in records], color=OWN_COLOUR, label="NDCG@10")
    quality.set_ylim(bottom=0.0)
    for axes in (losses, quality):
        axes.axvline(best, color="#999999", linewidth=0.8, linestyle=":")
        axes.set_xlabel(f"{name_minutes(device)} (dotted: best epoch, {best_epoch})")
        axes.legend(frameon=False)
    save_figure(figure, path)
