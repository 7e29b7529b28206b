"""An experiment's report as text and as a drawing."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

ROW_HEIGHT = 34
LABELS = 190
WIDTH = 640
TOP = 26


RATES = ("click rate", "acceptance", "hide rate")
ARM_COLUMNS = ("arm", "people", "impressions", *RATES, "coverage", "diversity", "cache hits")
DIFFERENCE_COLUMNS = (
    "arm − control",
    "metric",
    "difference, points",
    "fixed horizon, 95 %",
    "always valid, 95 %",
)
REPLAY_COLUMNS = (
    "policy",
    "decisions matched",
    "clicked",
    "click rate",
    "minus chance, points",
    "95 %",
)


def tabulate_arms(report: dict[str, Any]) -> list[list[str]]:
    """Return a row of text for each arm: `ARM_COLUMNS`."""
    return [
        [
            f"{arm['name']} (control)" if arm["is_control"] else arm["name"],
            str(arm["people"]),
            str(arm["impressions"]),
            *(_format_interval(arm["rates"][name]) for name in RATES),
            f"{100 * arm['coverage']:.1f} %",
            # Reports counted before these were known have none.
            "–" if arm.get("diversity") is None else f"{arm['diversity']:.3f}",
            "–" if arm.get("cache_hit_rate") is None else f"{100 * arm['cache_hit_rate']:.1f} %",
        ]
        for arm in report["arms"]
    ]


def tabulate_differences(report: dict[str, Any]) -> list[list[str]]:
    """Return a row of text for each difference from the control: `DIFFERENCE_COLUMNS`."""
    return [
        [
            found["arm"],
            found["metric"],
            _format_points(found["fixed_horizon"]["value"]),
            _format_bounds(found["fixed_horizon"]),
            _format_bounds(found["always_valid"]),
        ]
        for found in report["differences"]
    ]


def describe_checks(report: dict[str, Any]) -> str:
    """Return one line on the sample ratio and the guardrail."""
    verdicts = ", ".join(f"{arm}: {verdict}" for arm, verdict in report["guardrail"].items())
    return (
        f"Sample ratio: p = {report['mismatch_p']:.3f}. "
        f"Guardrail (hide rate +{100 * report['hide_margin']:g} points): {verdicts or 'none'}."
    )


def format_report(report: dict[str, Any]) -> str:
    """Return a report as Markdown."""
    lines = [
        f"**{report['experiment']}** ({report['status']})",
        "",
        *_format_table(ARM_COLUMNS, tabulate_arms(report)),
        "",
        *_format_table(DIFFERENCE_COLUMNS, tabulate_differences(report)),
        "",
        describe_checks(report),
        *(f"Warning: {warning}" for warning in report["warnings"]),
    ]
    return "\n".join(lines) + "\n"


def format_replay(results: dict[str, dict[str, Any]]) -> str:
    """Return what policies would have got, `Estimate` as dicts by name, as a Markdown table."""
    rows = [
        [
            title,
            f"{found['matched']:.0f} of {found['logged']}",
            f"{found['clicks']:.0f}",
            _format_interval(_as_interval(found["click_rate"], found["bounds"])),
            _format_points(found["difference"]),
            _format_bounds(_as_interval(found["difference"], found["difference_bounds"])),
        ]
        for title, found in results.items()
    ]
    return "\n".join(_format_table(REPLAY_COLUMNS, rows))


def _as_interval(value: float | None, bounds: Sequence[float] | None) -> dict[str, float | None]:
    low, high = bounds or (None, None)
    return {"value": value, "low": low, "high": high}


def _format_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [columns, ["---"] * len(columns), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]


def _format_points(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:+.2f}"


def _format_interval(interval: dict[str, float | None]) -> str:
    low, high = interval["low"], interval["high"]
    if interval["value"] is None or low is None or high is None:
        return "–"
    return f"{100 * interval['value']:.2f} % ({100 * low:.2f} to {100 * high:.2f})"


def _format_bounds(interval: dict[str, float | None]) -> str:
    if interval["low"] is None or interval["high"] is None:
        return "–"
    return f"{100 * interval['low']:+.2f} to {100 * interval['high']:+.2f}"


def draw_differences(report: dict[str, Any]) -> str:
    """Return an SVG of each difference from the control: always valid thin, fixed horizon thick."""
    rows = [
        found
        for found in report["differences"]
        if None not in (found["always_valid"]["low"], found["always_valid"]["high"])
    ]
    reach = max(
        (abs(found["always_valid"][end]) for found in rows for end in ("low", "high")), default=0.0
    )
    scale = (WIDTH - LABELS - 20) / 2 / (reach or 1.0)
    middle = LABELS + (WIDTH - LABELS - 20) / 2
    height = TOP + ROW_HEIGHT * max(len(rows), 1)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'width="{WIDTH}" height="{height}" font-family="sans-serif" font-size="13" '
        'fill="currentColor"><title>Differences from the control, in percentage points</title>',
        f'<line x1="{middle:.1f}" x2="{middle:.1f}" y1="{TOP - 6}" y2="{height}" '
        'stroke="currentColor" stroke-dasharray="3 3" opacity="0.5"/>',
        f'<text x="{middle:.1f}" y="14" text-anchor="middle">0</text>',
        f'<text x="{WIDTH - 20}" y="14" text-anchor="end">+{100 * reach:.2f}</text>',
        *(
            part
            for number, row in enumerate(rows)
            for part in _draw_row(number, row, middle, scale)
        ),
        "</svg>",
    ]
    return "".join(parts)


def _draw_row(number: int, row: dict[str, Any], middle: float, scale: float) -> Iterator[str]:
    y = TOP + ROW_HEIGHT * number + ROW_HEIGHT // 2
    yield f'<text x="0" y="{y + 4}">{escape(row["arm"])}: {escape(row["metric"])}</text>'
    for name, width in (("always_valid", 2), ("fixed_horizon", 7)):
        low, high = (middle + scale * row[name][end] for end in ("low", "high"))
        yield (
            f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{y}" y2="{y}" stroke="currentColor" '
            f'stroke-width="{width}" opacity="0.55"/>'
        )
    at = middle + scale * row["fixed_horizon"]["value"]
    yield f'<circle cx="{at:.1f}" cy="{y}" r="5"/>'
