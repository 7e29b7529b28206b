"""What is done to the films of a list: put on, moved, annotated, taken off."""

from http import HTTPStatus
from urllib.parse import urlencode

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.requests import PageRequest, confirm, get_next_url, refuse, with_writer
from catalog.list_models import FilmList
from catalog.lists import selectors, services
from catalog.lists.forms import AddFilmForm, AddToListForm, EntryForm
from catalog.lists.views import get_own_list, make_list_context
from catalog.selectors import get_title
from catalog.services import UnknownMovieError


@require_POST
@with_writer
def add_film(request: PageRequest, writer: User, list_id: int) -> HttpResponse:
    """Put a film on a list; the address may name it too, as undoing a removal does.

    With htmx the last films come back, for a film goes to the end.
    """
    form = AddFilmForm({**request.GET.dict(), **request.POST.dict()})
    home = reverse("list", args=[list_id])
    if not form.is_valid():
        text = _("That is no film of ours.")
        return refuse(request, text, status=HTTPStatus.BAD_REQUEST, default=home)
    given = form.cleaned_data
    try:
        services.add_film(
            user=writer,
            list_id=list_id,
            movie_id=given["movie"],
            position=given["position"],
            note=given["note"],
        )
    except (services.UnknownListError, UnknownMovieError) as error:
        raise Http404(str(error)) from error
    except services.ListFullError as error:
        return refuse(request, str(error), status=HTTPStatus.CONFLICT, default=home)
    text = _("“%(title)s” is on the list.") % {"title": _get_title(given["movie"])}
    if request.htmx:
        shown = make_list_context(request, get_own_list(request, list_id), is_at_end=True)
        return render(request, "catalog/_list_added.html", {**shown, "added": text})
    confirm(request, text)
    return HttpResponseRedirect(get_next_url(request, default=home))


@require_POST
@with_writer
def change_entry(request: PageRequest, writer: User, list_id: int, movie_id: int) -> HttpResponse:
    """Move a film of a list, or annotate it; with htmx all films of the page come back."""
    found = get_own_list(request, list_id)
    form = EntryForm(request.POST)
    home = reverse("list", args=[list_id])
    if not form.is_valid():
        text = " ".join(str(error) for errors in form.errors.values() for error in errors)
        return refuse(request, text, status=HTTPStatus.BAD_REQUEST, default=home)
    try:
        entry = services.change_entry(
            user=writer,
            list_id=list_id,
            movie_id=movie_id,
            position=form.cleaned_data["position"],
            note=form.cleaned_data["note"] if "note" in request.POST else None,
        )
    except (services.UnknownListError, services.UnknownEntryError) as error:
        raise Http404(str(error)) from error
    text = _("“%(title)s” is number %(place)d.") % {
        "title": _get_title(movie_id),
        "place": entry.position,
    }
    return _answer(request, found, text)


@require_POST
@with_writer
def remove_film(request: PageRequest, writer: User, list_id: int, movie_id: int) -> HttpResponse:
    """Take a film off a list; undo puts it back where it was, with its note."""
    found = get_own_list(request, list_id)
    gone = services.remove_film(user=writer, list_id=list_id, movie_id=movie_id)
    if gone is None:
        raise Http404
    text = _("“%(title)s” is off the list.") % {"title": _get_title(movie_id)}
    back = {"movie": movie_id, "position": gone.position, "note": gone.note}
    undo = f"{reverse('add_film', args=[list_id])}?{urlencode(back)}"
    return _answer(request, found, text, undo=undo)


def _answer(request: PageRequest, found: FilmList, text: str, *, undo: str = "") -> HttpResponse:
    """Say what was done: in the films that htmx puts in place, else on the page that follows."""
    if request.htmx:
        context = {**make_list_context(request, found), "said": text, "undo": undo}
        return render(request, "catalog/_list_films.html", context)
    confirm(request, text, undo=undo)
    return HttpResponseRedirect(get_next_url(request, default=reverse("list", args=[found.pk])))


@require_POST
@with_writer
def add_to_list(request: PageRequest, writer: User, movie_id: int) -> HttpResponse:
    """Put a film on one of one's lists, or on a new one; what its page's form posts to."""
    title, home = _get_title(movie_id), reverse("movie", args=[movie_id])
    form = AddToListForm(request.POST)
    if not form.is_valid():
        text = " ".join(str(error) for errors in form.errors.values() for error in errors)
        return refuse(request, text, status=HTTPStatus.BAD_REQUEST, default=home)
    try:
        chosen = _choose_list(writer, form)
        services.add_film(user=writer, list_id=chosen.pk, movie_id=movie_id)
    except (services.InvalidListError, services.ListFullError) as error:
        return refuse(request, str(error), status=HTTPStatus.CONFLICT, default=home)
    except services.UnknownListError as error:
        raise Http404(str(error)) from error
    text = _("It is on “%(name)s”.") % {"name": chosen.name}
    if request.htmx:
        context = {
            "movie_id": movie_id,
            "title": title,
            "choices": selectors.get_list_choices(user=writer, movie_id=movie_id),
            "said": text,
            "is_open": True,
        }
        return render(request, "catalog/_add_to_list.html", context)
    confirm(request, text)
    return HttpResponseRedirect(get_next_url(request, default=home))


def _choose_list(writer: User, form: AddToListForm) -> FilmList:
    name = form.cleaned_data["name"]
    if name or not form.cleaned_data["film_list"]:
        return services.create_list(user=writer, name=name)
    found = selectors.get_list(user=writer, list_id=form.cleaned_data["film_list"])
    if found is None:
        raise services.UnknownListError(_("You have no such list."))
    return found


def _get_title(movie_id: int) -> str:
    title = get_title(movie_id)
    if title is None:
        raise Http404
    return title
