"""Pages of the diary, and the forms by which a film's page writes into it.

What htmx sends is answered with the part of the film's page that the form stood in. What cannot be
kept comes back in its form with what is wrong: there in place, without htmx on a page of its own.
"""

from http import HTTPStatus
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.requests import PageRequest, confirm, get_next_url, get_request_viewer, with_writer
from catalog.diary import selectors, services
from catalog.diary.forms import NoteForm, ViewingForm, describe
from catalog.diary_models import DiaryEntry
from catalog.models import Movie
from catalog.origins import read_origin
from catalog.selectors import get_stars
from catalog.services import UnknownMovieError
from catalog.shelves import make_card

ENTRIES_PER_PAGE = 40
# Addresses may be no longer than that everywhere; a longer note cannot be put back by undo.
LONGEST_UNDO = 3000


def make_new_viewing_form(*, is_rewatch: bool) -> ViewingForm:
    """Return the form for an evening, as it stands on a film's page: today."""
    today = timezone.localdate()
    return ViewingForm(initial={"watched_on": today, "is_rewatch": is_rewatch})


@require_safe
def diary(request: PageRequest) -> HttpResponse:
    """List one's diary by month, last watched first; `?month=2026-11` keeps to one month."""
    viewer = get_request_viewer(request)
    months = selectors.get_months(user=viewer)
    entries = selectors.get_entries(user=viewer)
    asked = request.GET.get("month", "")
    month = next((month for month in months if month.key == asked), None)
    if month is not None:
        first = month.first_day
        entries = entries.filter(watched_on__year=first.year, watched_on__month=first.month)
    page = Paginator(entries, ENTRIES_PER_PAGE).get_page(request.GET.get("page"))
    shown = list(page.object_list)
    ids = [entry.movie_id for entry in shown]
    stars = get_stars(user_id=viewer.pk, movie_ids=ids) if viewer and ids else {}
    listed = [(make_card(entry.movie), entry, stars.get(entry.movie_id)) for entry in shown]
    context = {
        "months": months,
        "month": month,
        "groups": [
            (first_day, list(group))
            for first_day, group in groupby(listed, lambda row: row[1].watched_on.replace(day=1))
        ],
        "page": page,
    }
    return render(request, "catalog/diary.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def log_movie(request: PageRequest, movie_id: int) -> HttpResponse:
    """Write a film into the diary; the address may say what, as undoing a removal does."""
    movie = _get_movie(movie_id)
    if request.method == "POST":
        return _save_new(request, movie)
    return _render_form(request, movie, make_new_viewing_form(is_rewatch=False))


@with_writer
def _save_new(request: PageRequest, writer: User, movie: Movie) -> HttpResponse:
    given = request.POST if "watched_on" in request.POST else request.GET
    form = ViewingForm(given)
    if form.is_valid():
        try:
            services.add_entry(
                user=writer,
                movie_id=movie.pk,
                viewing=form.get_viewing(),
                origin=read_origin(request.GET),
            )
        except services.InvalidEntryError as error:
            form.add_error(error.field, str(error))
        except UnknownMovieError as error:
            raise Http404(str(error)) from error
    said = _("“%(title)s” is in your diary.") % {"title": movie.title}
    return _answer(request, writer, movie, form, said=said)


def _answer(
    request: PageRequest, writer: User, movie: Movie, form: ViewingForm, *, said: str
) -> HttpResponse:
    """Say that it was written, or show the form again with what is wrong."""
    if request.htmx:
        entries = selectors.get_entries_of_movie(user=writer, movie_id=movie.pk)
        context = {
            "movie": movie,
            "entries": entries,
            "viewing_form": make_new_viewing_form(is_rewatch=True) if form.is_valid() else form,
            "said": said if form.is_valid() else "",
            "is_open": not form.is_valid(),
        }
        return render(request, "catalog/_diary_of_film.html", context)
    if not form.is_valid():
        return _render_form(request, movie, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    confirm(request, said)
    return HttpResponseRedirect(get_next_url(request, default=reverse("movie", args=[movie.pk])))


def _render_form(
    request: PageRequest,
    movie: Movie,
    form: ViewingForm,
    *,
    entry: DiaryEntry | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    default = reverse("diary") if entry else reverse("movie", args=[movie.pk])
    next_url = get_next_url(request, default=default)
    context = {"movie": movie, "form": form, "entry": entry, "next_url": next_url}
    return render(request, "catalog/diary_entry.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def edit_entry(request: PageRequest, entry_id: int) -> HttpResponse:
    """Show an entry of one's own in a form, and save what was changed."""
    viewer = get_request_viewer(request)
    entry = selectors.get_entry(user=viewer, entry_id=entry_id)
    if viewer is None or entry is None:
        raise Http404
    if request.method != "POST":
        return _render_form(request, entry.movie, ViewingForm(initial=describe(entry)), entry=entry)
    form = ViewingForm(request.POST)
    if form.is_valid():
        try:
            services.change_entry(user=viewer, entry_id=entry_id, viewing=form.get_viewing())
        except services.InvalidEntryError as error:
            form.add_error(error.field, str(error))
        except services.UnknownEntryError as error:
            raise Http404(str(error)) from error
    if not form.is_valid():
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return _render_form(request, entry.movie, form, entry=entry, status=status)
    confirm(request, _("Saved."))
    return HttpResponseRedirect(get_next_url(request, default=reverse("diary")))


@require_POST
def remove_entry(request: PageRequest, entry_id: int) -> HttpResponse:
    """Take an entry of one's own out of the diary; the message that says so can undo it."""
    viewer = get_request_viewer(request)
    if viewer is None:
        raise Http404
    try:
        gone = services.remove_entry(user=viewer, entry_id=entry_id)
    except services.UnknownEntryError as error:
        raise Http404(str(error)) from error
    said = _("“%(title)s” is out of your diary.") % {"title": gone.movie.title}
    undo = _make_undo(gone)
    if request.htmx:
        context: dict[str, Any] = {
            "movie": gone.movie,
            "entries": selectors.get_entries_of_movie(user=viewer, movie_id=gone.movie_id),
            "viewing_form": make_new_viewing_form(is_rewatch=False),
            "said": said,
            "undo": undo,
        }
        return render(request, "catalog/_diary_of_film.html", context)
    confirm(request, said, undo=undo)
    return HttpResponseRedirect(get_next_url(request, default=reverse("diary")))


def _make_undo(gone: DiaryEntry) -> str:
    """Return the address that puts an entry back, or nothing where it would be too long."""
    said = {"watched_on": gone.watched_on.isoformat(), "note": gone.note}
    if gone.is_rewatch:
        said["is_rewatch"] = "on"
    address = f"{reverse('log_movie', args=[gone.movie_id])}?{urlencode(said)}"
    return address if len(address) <= LONGEST_UNDO else ""


@require_http_methods(["GET", "HEAD", "POST"])
def note_movie(request: PageRequest, movie_id: int) -> HttpResponse:
    """Keep a private note about a film; none takes it away."""
    movie = _get_movie(movie_id)
    if request.method == "POST":
        return _save_note(request, movie)
    note = selectors.get_note(user=get_request_viewer(request), movie_id=movie_id)
    context = {"movie": movie, "form": NoteForm(initial={"text": note})}
    return render(request, "catalog/note.html", context)


@with_writer
def _save_note(request: PageRequest, writer: User, movie: Movie) -> HttpResponse:
    form, is_kept = NoteForm(request.POST), False
    if form.is_valid():
        text = form.cleaned_data["text"]
        is_kept = services.save_note(user=writer, movie_id=movie.pk, text=text) is not None
    said = _("Note saved.") if is_kept else _("Note removed.")
    if request.htmx:
        context = {"movie": movie, "note_form": form, "said": said if form.is_valid() else ""}
        return render(request, "catalog/_note.html", context)
    if not form.is_valid():
        context = {"movie": movie, "form": form}
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return render(request, "catalog/note.html", context, status=status)
    confirm(request, said)
    return HttpResponseRedirect(get_next_url(request, default=reverse("movie", args=[movie.pk])))


def _get_movie(movie_id: int) -> Movie:
    movie = Movie.objects.filter(pk=movie_id).first()
    if movie is None:
        raise Http404
    return movie
