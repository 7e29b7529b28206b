"""What may be asked of the list of all movies, and what a rating form sends."""

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.models import HistoryImport

STARS = [f"{half / 2:.1f}" for half in range(1, 11)]


class RatingForm(forms.Form):
    """Stars for a movie, or none to take the rating back."""

    stars = forms.ChoiceField(required=False, choices=[("", "")] + [(x, x) for x in STARS])
    watched_at = forms.DateTimeField(
        required=False, input_formats=["%Y-%m-%dT%H:%M:%S.%f%z", "%Y-%m-%dT%H:%M:%S%z"]
    )
    # What undo sends along: whether that is a date of watching, or only a place in the history.
    is_place_only = forms.BooleanField(required=False)
    # How the form was shown, so that what comes back fits in: among cards, beside a counter.
    size = forms.ChoiceField(required=False, choices=[("", ""), ("small", "small")])
    counter = forms.BooleanField(required=False)


class UploadForm(forms.Form):
    """An export of another site."""

    file = forms.FileField(
        label=_("Your file"),
        max_length=200,
        widget=forms.FileInput(attrs={"accept": ".zip,.csv,.json,.txt,.tsv"}),
    )
    is_repeat_wanted = forms.BooleanField(
        label=_("Import it once more all the same"), required=False
    )


class PolicyForm(forms.Form):
    """Whose stars count for films that are rated here already."""

    policy = forms.ChoiceField(
        choices=HistoryImport.Policy.choices,
        initial=HistoryImport.Policy.KEEP,
        widget=forms.RadioSelect,
    )


class ChoiceOfMovieForm(forms.Form):
    """The movie that an imported film is; none leaves the film out."""

    movie = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1)
    show = forms.CharField(required=False)


class ChoiceOfListForm(forms.Form):
    """Whether a list of an import is to be imported."""

    is_wanted = forms.BooleanField(required=False)
