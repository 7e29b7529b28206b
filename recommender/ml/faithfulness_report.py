"""The figures of `faithfulness` as one page of Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from recommender.ml.code_version import name_code
from recommender.ml.faithfulness import MOST_ATTENDED, MOST_RECENT, NAMED, RANDOM
from recommender.ml.lab.report import table_lines

TITLES = {
    NAMED: "the **named** one",
    MOST_RECENT: "the most recent",
    MOST_ATTENDED: "the most attended",
    RANDOM: "a random one of the last 16",
}


def report_lines(report: Mapping[str, Any]) -> Iterator[str]:
    """Yield the page."""
    sets = ", ".join(report["data_sets"])
    yield "# Are the reasons true?"
    yield ""
    made = f"Made on {report['date']} by `{report['command']}`{name_code(report)}"
    yield f"{made}; {report['model']}."
    yield ""
    yield (
        f"{report['people']} of the people never trained on ({sets}) are shown ten films each. A "
        "film of a person's last 16 is deleted and everything is ranked again over the whole "
        "catalogue, less what the person has watched. The table tells how many places a shown film "
        'falls when the film that its "because you watched" names is deleted, and when others '
        f"are. {report['films']:,} films were shown, {report['reasons']:,} "
        f"({_percent(report['share_with_reason'])}) with a reason, to "
        f"{report['people_with_reason']} people."
    )
    yield from _table(report["deleted"])
    yield (
        "Means and shares count each person the same: their reasons are averaged first. Brackets "
        "are 95 % bootstrap intervals over people; differences are paired, reason by reason. "
        "Medians and means over reasons count each reason the same."
    )
    yield ""
    yield from (f"- {note}" for note in _notes(report))


def _table(deleted: Mapping[str, Any]) -> Iterator[str]:
    heads = ["film deleted", "mean fall, places", "over reasons", "median", "film falls at all"]
    heads += ["the named one costs more by", "named costs more", "named costs less", "is the named"]

    def cells(choice: str, row: Mapping[str, Any]) -> Iterator[str]:
        yield TITLES[choice]
        yield _places(row["mean_fall"])
        yield f"{row['mean_fall_over_reasons']:.1f}"
        yield f"{row['median_fall']:.1f}"
        yield _share(row["share_falls"])
        yield _signed_places(row.get("named_falls_further_by"))
        for name in ("named_falls_further", "named_falls_less", "same_as_named"):
            yield _share(row.get(f"share_{name}"))

    yield from table_lines(heads, ([*cells(choice, row)] for choice, row in deleted.items()))


def _notes(report: Mapping[str, Any]) -> Iterator[str]:
    deleted, attention = report["deleted"], report["attention"]
    named, recent = deleted[NAMED], deleted[MOST_RECENT]
    yield (
        f"In {_percent(recent['share_same_as_named'][0])} of the reasons the named film is the one "
        "watched last. Means are made by few reasons with large falls; medians are of the usual "
        "one."
    )
    yield (
        f"In {_percent(1 - named['share_falls'][0])} of the reasons the film does not fall in rank "
        "although its probability falls by a tenth or more: the films above it fall too. The "
        "reason is chosen by probability; rank is what this table asks."
    )
    if attention is None:
        yield (
            "The most attended film is left out: this network has no attention (`block` of its "
            "card tells its kind)."
        )
    else:
        yield (
            "The most attended film is the one of the last 16 to which the last position gives "
            "most attention: its probabilities, averaged over heads and layers, read from "
            "`model.pt`, as the served graph gives out none. It is one film a person, whatever is "
            "shown, and in deeper layers a position also holds what it has read of those before "
            'it: attention need not tell why a film is shown (Jain and Wallace 2019, "Attention '
            'is not Explanation"), so it is a control here and no reason. The last 16 get '
            f"{_percent(attention['mean_share_of_films_deleted'])} of it in the mean, and for "
            f"{_percent(attention['share_of_people_most_on_last'])} of the people the film watched "
            "last gets most."
        )
    yield "Random is the mean over all of the last 16, the named one among them."
    yield "The site never names a film rated two stars or less; here stars are not looked at."


def _places(figure: list[float]) -> str:
    mean, low, high = figure
    return f"{mean:.1f} [{low:.1f}, {high:.1f}]"


def _signed_places(figure: list[float] | None) -> str:
    if figure is None:
        return ""
    mean, low, high = figure
    return f"{mean:+.1f} [{low:+.1f}, {high:+.1f}]"


def _share(figure: list[float] | None) -> str:
    if figure is None:
        return ""
    mean, low, high = figure
    return f"{mean:.1%} [{low:.1%}, {high:.1%}]"


def _percent(share: float) -> str:
    return f"{share:.1%}".replace("%", " %")
