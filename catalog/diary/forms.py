"""What may be said of an evening with a film, and of a film."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.diary.services import Viewing, get_last_day
from catalog.diary_models import EARLIEST_WATCHED_ON, MAX_ENTRY_NOTE, MAX_MOVIE_NOTE, DiaryEntry


class DayInput(forms.DateInput):
    """A date field that browsers show a calendar for, from the first film to today."""

    input_type = "date"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Return what the widget is drawn from, the last day as it is now."""
        ends = {"min": EARLIEST_WATCHED_ON.isoformat(), "max": get_last_day().isoformat()}
        return super().get_context(name, value, {**ends, **(attrs or {})})


class ViewingForm(forms.Form):
    """A day, whether the film was seen before, and a note."""

    watched_on = forms.DateField(
        label=_("Watched on"),
        input_formats=["%Y-%m-%d"],
        widget=DayInput(format="%Y-%m-%d"),
        error_messages={
            "required": _("Say on which day."),
            "invalid": _("Give the day as year-month-day, such as 2026-11-23."),
        },
    )
    is_rewatch = forms.BooleanField(label=_("I had seen it before"), required=False)
    note = forms.CharField(
        label=_("About that day (only you see it)"),
        required=False,
        max_length=MAX_ENTRY_NOTE,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def get_viewing(self) -> Viewing:
        """Return what a valid form says."""
        said = self.cleaned_data
        return Viewing(said["watched_on"], said["is_rewatch"], said["note"])


def describe(entry: DiaryEntry) -> dict[str, Any]:
    """Return an entry as the form's initial values."""
    return {
        "watched_on": entry.watched_on,
        "is_rewatch": entry.is_rewatch,
        "note": entry.note,
    }


class NoteForm(forms.Form):
    """A private note about a film; empty takes it away."""

    text = forms.CharField(
        label=_("About the film (only you see it)"),
        required=False,
        max_length=MAX_MOVIE_NOTE,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
