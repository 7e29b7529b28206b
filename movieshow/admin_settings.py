"""How the admin site looks: the site's own colours (static/css/tokens.css), in Unfold's steps."""

from typing import Any

_STEPS = ("50", "100", "200", "300", "400", "500", "600", "700", "800", "900", "950")
# From the ground of the light pages to that of the dark ones.
_GREYS = (
    "#f5f5f8", "#e9eaf0", "#d5d7e0", "#c0c4cf", "#a9aebb", "#6b7080",
    "#555967", "#2f333d", "#20232b", "#17191f", "#0e0f13",
)  # fmt: skip
# 500 is the accent of the dark pages, 600 that of the light ones, on which buttons write in white.
_ACCENTS = (
    "#fff4ef", "#ffe6dc", "#ffcab8", "#ffab8f", "#ff8a65", "#ff6f43",
    "#c93a0c", "#a92f08", "#87290c", "#6b240e", "#3a1004",
)  # fmt: skip

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "MovieShow",
    "SITE_HEADER": "MovieShow",
    "SITE_SYMBOL": "movie",
    "SHOW_VIEW_ON_SITE": True,
    "DASHBOARD_CALLBACK": "recommender.dashboard.add_dashboard",
    "COLORS": {
        "base": dict(zip(_STEPS, _GREYS, strict=True)),
        "primary": dict(zip(_STEPS, _ACCENTS, strict=True)),
    },
}
