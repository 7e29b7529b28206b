"""Pages of lists: all of one's own, one of them, one that somebody shares."""

import uuid
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from accounts.requests import PageRequest, get_request_viewer, refuse, with_writer
from catalog.list_models import FilmList, FilmListEntry
from catalog.lists import selectors, services
from catalog.lists.forms import ListForm
from catalog.selectors import search_movies
from catalog.shelves import make_card, make_shelf

LISTS_PER_PAGE = 24
MATCHES = 6
FILMS_PER_PAGE = 36


@require_http_methods(["GET", "HEAD", "POST"])
def lists(request: PageRequest) -> HttpResponse:
    """Show one's lists and a form for a new one; a POST makes it."""
    if request.method == "POST":
        return _create(request)
    return _render_lists(request, ListForm())


def _render_lists(
    request: PageRequest, form: ListForm, *, status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    viewer = get_request_viewer(request)
    own = selectors.get_lists(viewer.pk if viewer else 0)
    page = Paginator(own, LISTS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "summaries": selectors.summarise_lists(list(page.object_list)),
        "page": page,
    }
    return render(request, "catalog/lists.html", context, status=status)


@with_writer
def _create(request: PageRequest, writer: User) -> HttpResponse:
    form = ListForm(request.POST)
    if form.is_valid():
        try:
            made = services.create_list(user=writer, **form.cleaned_data)
        except services.InvalidListError as error:
            form.add_error(error.field, str(error))
        except services.ListFullError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("“%(name)s” is made.") % {"name": made.name})
            return HttpResponseRedirect(reverse("list", args=[made.pk]))
    return _render_lists(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def get_own_list(request: PageRequest, list_id: int) -> FilmList:
    """Return a list of whoever looks.

    Raises:
        Http404: They have no such list.
    """
    found = selectors.get_list(user=get_request_viewer(request), list_id=list_id)
    if found is None:
        raise Http404
    return found


@require_safe
def film_list(request: PageRequest, list_id: int) -> HttpResponse:
    """Show one of one's own lists, to be read, put in order and added to.

    Asked by htmx as one types a title, only the films called so are sent.
    """
    found = get_own_list(request, list_id)
    query = request.GET.get("q", "").strip()
    context: dict[str, Any] = {"film_list": found, "query": query, "matches": []}
    if query:
        cards = search_movies(query, MATCHES)
        context["matches"] = cards
        context["listed_ids"] = selectors.find_listed(found, [card.id for card in cards])
    if request.htmx and request.htmx.target == "list-matches":
        response = render(request, "catalog/_list_matches.html", context)
    else:
        context |= make_list_context(request, found)
        response = render(request, "catalog/list.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def make_list_context(
    request: PageRequest, found: FilmList, *, is_at_end: bool = False
) -> dict[str, Any]:
    """Return what the page of one's own list, or its films alone, shows.

    `is_at_end` shows the last films, whatever page the address names.
    """
    pages = Paginator(selectors.get_entries(found), FILMS_PER_PAGE)
    page = pages.get_page(pages.num_pages if is_at_end else request.GET.get("page"))
    link = reverse("shared_list", args=[found.share_key]) if found.share_key else ""
    return {
        "film_list": found,
        "entries": [(make_card(entry.movie), entry) for entry in page.object_list],
        "page": page,
        "link": request.build_absolute_uri(link) if link else "",
    }


@require_http_methods(["GET", "HEAD", "POST"])
def edit_list(request: PageRequest, list_id: int) -> HttpResponse:
    """Ask for a list's name, note and sharing; a POST keeps them."""
    found = get_own_list(request, list_id)
    if request.method == "POST":
        return _save(request, found)
    given = {"name": found.name, "note": found.note, "is_public": found.is_public}
    return _render_edit(request, found, ListForm(initial=given))


def _render_edit(
    request: PageRequest, found: FilmList, form: ListForm, *, status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    context = {"film_list": found, "form": form}
    return render(request, "catalog/list_edit.html", context, status=status)


@with_writer
def _save(request: PageRequest, writer: User, found: FilmList) -> HttpResponse:
    form = ListForm(request.POST)
    if form.is_valid():
        try:
            services.change_list(user=writer, list_id=found.pk, **form.cleaned_data)
        except services.InvalidListError as error:
            form.add_error(error.field, str(error))
        else:
            messages.success(request, _("Saved."))
            return HttpResponseRedirect(reverse("list", args=[found.pk]))
    return _render_edit(request, found, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@require_http_methods(["GET", "HEAD", "POST"])
def delete_list(request: PageRequest, list_id: int) -> HttpResponse:
    """Ask whether to delete a list; a POST does."""
    found = get_own_list(request, list_id)
    if request.method == "POST":
        return _delete(request, found)
    films = FilmListEntry.objects.filter(film_list=found).count()
    return render(request, "catalog/list_delete.html", {"film_list": found, "film_count": films})


@with_writer
def _delete(request: PageRequest, writer: User, found: FilmList) -> HttpResponse:
    try:
        services.delete_list(user=writer, list_id=found.pk)
    except services.UnknownListError as error:
        return refuse(request, str(error), status=HTTPStatus.NOT_FOUND, default=reverse("lists"))
    messages.success(request, _("“%(name)s” is deleted.") % {"name": found.name})
    return HttpResponseRedirect(reverse("lists"))


@require_safe
def shared_list(request: PageRequest, share_key: uuid.UUID) -> HttpResponse:
    """Show a list to whoever has its link, with their own stars and watchlist on its films."""
    found = selectors.get_shared_list(share_key=share_key)
    if found is None:
        raise Http404
    entries = selectors.get_entries(found)
    page = Paginator(entries, FILMS_PER_PAGE).get_page(request.GET.get("page"))
    shown = list(page.object_list)
    viewer = get_request_viewer(request)
    films = make_shelf([make_card(entry.movie) for entry in shown], viewer=viewer)
    context = {
        "film_list": found,
        "owner": "" if found.user.is_guest else found.user.get_username(),
        "is_own": viewer is not None and viewer.pk == found.user_id,
        "entries": list(zip(films, shown, strict=True)),
        "page": page,
    }
    response = render(request, "catalog/list_shared.html", context)
    # Whoever has the link may read it; search engines shall not hand it to everybody.
    response["X-Robots-Tag"] = "noindex"
    return response
