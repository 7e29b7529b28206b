"""Pages of imports: upload, progress, review, apply and undo; all of one's own."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.requests import PageRequest, get_request_viewer, refuse, with_writer
from catalog.forms import ChoiceOfListForm, ChoiceOfMovieForm, PolicyForm, UploadForm
from catalog.import_models import HistoryImport, ImportedFilm
from catalog.importing import reviewing, services
from catalog.importing.container import MAX_UPLOAD_BYTES, MIB
from catalog.importing.notes import UploadRefusedError, say
from catalog.importing.uploads import LimitedUploadHandler
from catalog.services import UnknownMovieError
from movieshow.client_address import get_client_address
from movieshow.limits import is_within_limit

FILMS_PER_PAGE = 20
# What limits each person would not limit guests, of whom one address can bring many.
GUEST_UPLOADS_PER_ADDRESS = 30
GUEST_WINDOW_SECONDS = 3600
P = ParamSpec("P")
Match = ImportedFilm.Match
SHOWN = (Match.DOUBTFUL, Match.UNMATCHED, Match.MATCHED, Match.REFUSED)


@csrf_exempt  # until the handler that limits uploads is set, nothing may read the form
@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: PageRequest) -> HttpResponse:
    """Show what can be imported and one's imports so far; a POST uploads a file."""
    if request.method != "POST":
        return _render_imports(request, UploadForm())
    limit = LimitedUploadHandler(request)
    request.upload_handlers.insert(0, limit)
    response: HttpResponse = _upload(request, limit)
    return response


def _render_imports(
    request: PageRequest,
    form: UploadForm,
    *,
    earlier: HistoryImport | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    context = {
        "form": form,
        "earlier": earlier,
        "imports": reviewing.get_imports(user=get_request_viewer(request)),
        "most": MAX_UPLOAD_BYTES // MIB,
    }
    return render(request, "catalog/imports.html", context, status=status)


@csrf_protect
@with_writer
def _upload(request: PageRequest, writer: User, limit: LimitedUploadHandler) -> HttpResponse:
    form = UploadForm(request.POST, request.FILES)
    if limit.is_over:
        text = _("The file has more than %(most)s MiB.") % {"most": MAX_UPLOAD_BYTES // MIB}
        form.errors["file"] = form.error_class([text], renderer=form.renderer)
        return _render_imports(request, form, status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    if not form.is_valid():
        return _render_imports(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    if writer.is_guest and not _may_guest_upload(request):
        form.add_error("file", _("Too many uploads from your network: sign up to go on."))
        return _render_imports(request, form, status=HTTPStatus.TOO_MANY_REQUESTS)
    try:
        batch = services.start_import(
            user=writer,
            upload=form.cleaned_data["file"],
            is_repeat_wanted=form.cleaned_data["is_repeat_wanted"],
        )
    except UploadRefusedError as error:
        form.add_error("file", say(error.note))
        return _render_imports(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    except services.RepeatedUploadError as error:
        return _answer_repeat(request, form, error.history_import)
    return HttpResponseRedirect(reverse("import", args=[batch.pk]))


def _may_guest_upload(request: PageRequest) -> bool:
    return is_within_limit(
        what="guest-uploads",
        who=get_client_address(request=request),
        most=GUEST_UPLOADS_PER_ADDRESS,
        seconds=GUEST_WINDOW_SECONDS,
    )


def _answer_repeat(request: PageRequest, form: UploadForm, earlier: HistoryImport) -> HttpResponse:
    """Lead to the import that is under way, or ask whether to apply the same file once more."""
    if earlier.status != HistoryImport.Status.APPLIED:
        messages.info(request, _("You have uploaded this very file already: here it is."))
        return HttpResponseRedirect(reverse("import", args=[earlier.pk]))
    form.add_error("file", _("You have imported this very file already."))
    status = HTTPStatus.CONFLICT
    return _render_imports(request, form, earlier=earlier, status=status)


def _get_own(request: PageRequest, import_id: int) -> HistoryImport:
    viewer = get_request_viewer(request)
    batch = reviewing.get_import(user=viewer, import_id=import_id)
    if batch is None:
        raise Http404
    return batch


@never_cache
@require_safe
def history_import(request: PageRequest, import_id: int) -> HttpResponse:
    """Show where an import stands; under review, its films of one kind, a page at a time."""
    batch = _get_own(request, import_id)
    context: dict[str, Any] = {
        "batch": batch,
        "remarks": [say(note) for note in batch.remarks],
        "error": say(batch.error) if batch.error else "",
        "problems": reviewing.show_problems(batch.problems),
        "can_undo": services.can_undo(batch),
        "is_any_undone": any(batch.summary.values()),
    }
    if batch.status == HistoryImport.Status.READY:
        context |= _review(request, batch)
    return render(request, "catalog/import.html", context)


def _review(request: PageRequest, batch: HistoryImport) -> dict[str, Any]:
    counts = reviewing.count_films(batch)
    asked = request.GET.get("show", "")
    first = next((kind for kind in SHOWN if getattr(counts, kind)), Match.MATCHED)
    shown = asked if asked in SHOWN else first
    page = Paginator(reviewing.get_films(batch, shown), FILMS_PER_PAGE).get_page(
        request.GET.get("page")
    )
    return {
        "counts": counts,
        "kinds": [(kind, getattr(counts, kind)) for kind in SHOWN],
        "shown": shown,
        "page": page,
        "entries": reviewing.show_films(list(page.object_list)),
        "lists": reviewing.show_lists(batch),
        "policy_form": PolicyForm(),
    }


@never_cache
@require_safe
def progress(request: PageRequest, import_id: int) -> HttpResponse:
    """Send the progress alone, for htmx; once there is something to do, have it load the page."""
    batch = _get_own(request, import_id)
    response = render(request, "catalog/_import_progress.html", {"batch": batch})
    if batch.status not in HistoryImport.PENDING:
        response["HX-Refresh"] = "true"
    return response


def _of_import(
    view: Callable[Concatenate[PageRequest, User, int, P], HttpResponse],
) -> Callable[..., HttpResponse]:
    """Let a view change an import of one's own; say so where somebody was quicker."""

    @require_POST
    @wraps(view)
    def wrapped(
        request: PageRequest, /, import_id: int, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        batch = _get_own(request, import_id)
        try:
            return view(request, batch.user, import_id, *args, **kwargs)
        except services.ImportNotReadyError:
            text = _("That cannot be done with this import any more.")
            home = reverse("import", args=[import_id])
            return refuse(request, text, status=HTTPStatus.CONFLICT, default=home)

    return wrapped


def _back(import_id: int, show: str = "") -> HttpResponse:
    query = f"?show={show}" if show in SHOWN else ""
    return HttpResponseRedirect(reverse("import", args=[import_id]) + query)


@require_safe
def imported_film(request: PageRequest, import_id: int, film_id: int) -> HttpResponse:
    """Search the movie that a film of an import is."""
    batch = _get_own(request, import_id)
    film = batch.films.filter(pk=film_id).first()
    if film is None or batch.status != HistoryImport.Status.READY:
        raise Http404
    query = request.GET.get("q", film.title).strip()
    context = {
        "batch": batch,
        "film": film,
        "query": query,
        "cards": reviewing.search_for_film(film, query),
    }
    return render(request, "catalog/imported_film.html", context)


@_of_import
def choose_movie(request: PageRequest, owner: User, import_id: int, film_id: int) -> HttpResponse:
    """Say which movie a film is, or that it is to be left out; with htmx its entry comes back."""
    form = ChoiceOfMovieForm(request.POST)
    if not form.is_valid():
        text = _("Choose one of the films.")
        home = reverse("import", args=[import_id])
        return refuse(request, text, status=HTTPStatus.BAD_REQUEST, default=home)
    try:
        film = services.choose_movie(
            user=owner,
            import_id=import_id,
            film_id=film_id,
            movie_id=form.cleaned_data["movie"],
        )
    except UnknownMovieError as error:
        raise Http404(str(error)) from error
    if not request.htmx:
        return _back(import_id, form.cleaned_data["show"])
    batch = _get_own(request, import_id)
    context = {
        "batch": batch,
        "entry": reviewing.show_films([film])[0],
        "counts": reviewing.count_films(batch),
        "is_fresh": True,
    }
    return render(request, "catalog/_imported_film_chosen.html", context)


@_of_import
def choose_list(request: PageRequest, owner: User, import_id: int, list_id: int) -> HttpResponse:
    """Take a list of an import, or leave it out."""
    form = ChoiceOfListForm(request.POST)
    is_wanted = form.is_valid() and form.cleaned_data["is_wanted"]
    services.choose_list(user=owner, import_id=import_id, list_id=list_id, is_wanted=is_wanted)
    return HttpResponseRedirect(reverse("import", args=[import_id]) + "#lists")


@_of_import
def accept_suggestions(request: PageRequest, owner: User, import_id: int) -> HttpResponse:
    """Take the likeliest movie for every doubtful film."""
    number = services.accept_suggestions(user=owner, import_id=import_id)
    text = ngettext("%(number)s suggestion taken.", "%(number)s suggestions taken.", number)
    messages.success(request, text % {"number": number})
    return _back(import_id)


@_of_import
def apply_import(request: PageRequest, owner: User, import_id: int) -> HttpResponse:
    """Have a worker apply the import."""
    form = PolicyForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say whose stars count where both have some."))
        return _back(import_id)
    services.request_apply(user=owner, import_id=import_id, policy=form.cleaned_data["policy"])
    return _back(import_id)


@_of_import
def undo_import(request: PageRequest, owner: User, import_id: int) -> HttpResponse:
    """Have a worker undo the import."""
    try:
        services.request_undo(user=owner, import_id=import_id)
    except services.NewerImportError as error:
        text = _("Undo “%(name)s” first: it changed the same films or lists later on.")
        messages.error(request, text % {"name": error.history_import.file_name})
    return _back(import_id)


@_of_import
def discard_import(request: PageRequest, owner: User, import_id: int) -> HttpResponse:
    """Give the import up."""
    services.discard_import(user=owner, import_id=import_id)
    messages.success(request, _("Discarded: nothing was imported."))
    return HttpResponseRedirect(reverse("imports"))
