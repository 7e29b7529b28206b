"""The picture of the freshness report: NDCG@10 of the three by cut-off, and shares recovered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from recommender.ml.lab.plots import OTHER_COLOUR, OWN_COLOUR, new_figure, save_figure, tidy
from tests.freshness.figures import AIM_TO_RECOVER, FROZEN, MUST_RECOVER, RETRAINED, TUNED

COLOURS = {FROZEN: "#c9ced6", TUNED: OWN_COLOUR, RETRAINED: OTHER_COLOUR}
BAR = 0.27
SHOWN_SHARES = (-0.5, 2.0)


def draw(path: Path, report: dict[str, Any]) -> None:
    """Draw both panels.

    Raises:
        UsageError: matplotlib is not installed.
        ArtifactError: The file cannot be written.
    """
    figure = new_figure(11.0, 4.2)
    left, right = figure.subplots(1, 2)
    everyone = report["pooled"]["all questions"]
    groups = {str(one["year"]): one for one in report["windows"] if "ndcg@10" in one}
    groups["pooled"] = everyone
    _draw_heights(left, groups)
    _draw_shares(right, {**report["pooled"], **{f"T = {y}": one for y, one in groups.items()}})
    figure.suptitle("Next film in the year after a cut-off")
    save_figure(figure, path)


def _draw_heights(panel: Any, groups: dict[str, Any]) -> None:
    for offset, model in zip((-BAR, 0.0, BAR), COLOURS, strict=True):
        heights = [group["ndcg@10"]["means"][model] for group in groups.values()]
        places = [place + offset for place in range(len(groups))]
        panel.bar(places, heights, width=BAR, color=COLOURS[model], label=model)
    panel.set_xticks(range(len(groups)), list(groups))
    panel.set_ylabel("NDCG@10")
    panel.set_xlabel("cut-off, 1 January")
    panel.margins(y=0.25)  # room for the legend
    panel.legend(frameon=False, fontsize="small", ncols=len(COLOURS), loc="upper center")
    tidy(panel)


def _draw_shares(panel: Any, groups: dict[str, Any]) -> None:
    """Draw the shares that may be claimed, with their intervals; say where none is."""
    shown = {name: group for name, group in groups.items() if group and name != "T = pooled"}
    for place, group in enumerate(shown.values()):
        share = group["ndcg@10"]["share"]
        if share is None:
            panel.annotate("not claimed", (-0.45, place), va="center", fontsize="small")
            continue
        mean, low, high = share
        errors = [[max(0.0, mean - low)], [max(0.0, high - mean)]]
        panel.errorbar(mean, place, xerr=errors, fmt="o", color=OWN_COLOUR, capsize=3)
    for line, style in ((MUST_RECOVER, "-"), (AIM_TO_RECOVER, ":"), (1.0, "--")):
        panel.axvline(line, color="#999999", linewidth=0.8, linestyle=style)
    panel.set_yticks(range(len(shown)), list(shown))
    panel.set_ylim(len(shown) - 0.4, -0.6)
    panel.set_xlim(*SHOWN_SHARES)
    panel.set_xlabel("share of the retrain's gain in NDCG@10 recovered")
    tidy(panel)
