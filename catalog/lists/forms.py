"""What the forms about lists send."""

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.list_models import MAX_ENTRY_NOTE, MAX_LIST_NOTE, MAX_NAME
from catalog.lists.services import MAX_FILMS

MAX_MOVIE_ID = 2**31 - 1


class ListForm(forms.Form):
    """A list's name, note, and whether whoever has the link may read it."""

    name = forms.CharField(
        label=_("Name"), max_length=MAX_NAME, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    note = forms.CharField(
        label=_("Note"),
        max_length=MAX_LIST_NOTE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    is_public = forms.BooleanField(label=_("Whoever has the link may see it"), required=False)


class AddFilmForm(forms.Form):
    """A film for a list; its place and note are given where a removal is undone."""

    movie = forms.IntegerField(min_value=1, max_value=MAX_MOVIE_ID)
    position = forms.IntegerField(min_value=1, max_value=MAX_FILMS, required=False)
    note = forms.CharField(max_length=MAX_ENTRY_NOTE, required=False)


class AddToListForm(forms.Form):
    """On a film's page: one of one's lists, or the name of a new one."""

    film_list = forms.IntegerField(required=False, min_value=1, max_value=2**62)
    name = forms.CharField(required=False, max_length=MAX_NAME)


class EntryForm(forms.Form):
    """A film's place on a list, its note, or both; what is not sent stays."""

    position = forms.IntegerField(
        label=_("Place"), required=False, min_value=1, max_value=MAX_FILMS
    )
    note = forms.CharField(label=_("Note"), required=False, max_length=MAX_ENTRY_NOTE)
