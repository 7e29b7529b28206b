"""What people answer to the question for the evening, and to the films it suggests."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlencode, urlsplit

from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.requests import (
    PageRequest,
    confirm,
    get_next_url,
    get_request_viewer,
    read_number,
    refuse,
    with_writer,
)
from accounts.services import TooManyGuestsError, ensure_viewer
from catalog.diary.services import InvalidEntryError
from catalog.origins import read_origin
from catalog.selectors import MovieCard, get_movie_cards
from catalog.services import UnknownMovieError
from recommender.home.selectors import HomeReader, read_visitor
from recommender.home.shelves import fill_tonight
from recommender.seen_films import mark_seen
from recommender.services import hide_movie
from recommender.tonight.company import read_companies
from recommender.tonight.picking import TonightAnswers, read_answers
from recommender.tonight.services import (
    UnknownServiceError,
    choose_services,
    start_watching,
    take_back_answer,
)


@dataclass(frozen=True, slots=True)
class Done:
    """What somebody just said of a film for this evening, told above the next films."""

    card: MovieCard
    text: str
    asks_stars: bool = False


@require_POST
def tonight(request: PageRequest) -> HttpResponse:
    """Take the answers for this evening: services are kept, the others go into the address."""
    viewer = get_request_viewer(request)
    answers = _read_answers(request.POST, viewer)
    if answers.problems:
        typed = [
            (name, text)
            for name in ("minutes", "with", "genre")
            for text in request.POST.getlist(name)
        ]
        again = f"{reverse('home')}?{urlencode(typed)}"
        if request.htmx:
            return refuse(
                request, answers.problems[0], status=HTTPStatus.BAD_REQUEST, default=again
            )
        return HttpResponseRedirect(again)
    if "services" in request.POST:
        refusal = _save_services(request, viewer)
        if refusal is not None:
            return refusal
    if not request.htmx:
        return HttpResponseRedirect(f"{answers.address}#tonight")
    # A button among the films was pressed: it goes, and so would the place of the keyboard.
    has_focus = "page" in request.POST
    response = _render_films(request, get_request_viewer(request), answers, has_focus=has_focus)
    response["HX-Push-Url"] = answers.address
    return response


def _save_services(request: PageRequest, viewer: User | None) -> HttpResponse | None:
    """Keep the services that are checked; return an answer only where that cannot be done."""
    wanted = {read_number(text) for text in request.POST.getlist("service")} - {0}
    if viewer is None and not wanted:
        return None
    if viewer is not None and set(read_visitor(user=viewer).service_ids) == wanted:
        return None
    try:
        choose_services(user=ensure_viewer(request=request), service_ids=wanted)
    except TooManyGuestsError as error:
        status = HTTPStatus.TOO_MANY_REQUESTS
        return refuse(request, str(error), status=status, default=reverse("home"))
    except UnknownServiceError:
        text = _("That service does not exist any more: choose again.")
        return refuse(request, text, status=HTTPStatus.BAD_REQUEST, default=reverse("home"))
    return None


@require_POST
@with_writer
def answer_film(request: PageRequest, writer: User, movie_id: int) -> HttpResponse:
    """Take what somebody says of a film for this evening, and suggest another in its place."""
    verdict = request.POST.get("verdict", "")
    act = _ACTIONS.get(verdict)
    if act is None:
        text = _("Say whether you are watching it, have seen it, or do not want it.")
        return refuse(request, text, status=HTTPStatus.BAD_REQUEST, default=reverse("home"))
    try:
        act(user=writer, movie_id=movie_id, origin=read_origin(request.GET))
    except UnknownMovieError as error:
        raise Http404(str(error)) from error
    except InvalidEntryError as error:
        return refuse(request, str(error), status=HTTPStatus.CONFLICT, default=reverse("home"))
    [card] = get_movie_cards([movie_id])
    done = Done(card, _say(verdict, card), asks_stars=verdict == "seen")
    if request.htmx:
        return _render_films(request, writer, _read_answers_of_page(request, writer), done=done)
    undo = reverse("tonight_undo", args=[movie_id])
    confirm(request, done.text, undo=undo)
    return HttpResponseRedirect(get_next_url(request, default=reverse("home")))


_ACTIONS: dict[str, Callable[..., None]] = {
    "watching": start_watching,
    "seen": mark_seen,
    "not_for_me": hide_movie,
}


def _say(verdict: str, card: MovieCard) -> str:
    title = {"title": card.title}
    if verdict == "watching":
        return _("Enjoy “%(title)s”! It is in your diary.") % title
    if verdict == "seen":
        return _("You have seen “%(title)s”. How was it?") % title
    return _("“%(title)s” will not be shown to you again.") % title


@require_POST
@with_writer
def take_back(request: PageRequest, writer: User, movie_id: int) -> HttpResponse:
    """Undo what was said of a film for this evening."""
    take_back_answer(user=writer, movie_id=movie_id)
    if request.htmx:
        answers = _read_answers_of_page(request, writer)
        return _render_films(request, writer, answers, has_focus=True)
    confirm(request, _("It may be suggested again."))
    return HttpResponseRedirect(get_next_url(request, default=reverse("home")))


def _read_answers_of_page(request: PageRequest, viewer: User) -> TonightAnswers:
    """Return the answers that stand in the address of the page a form was sent from."""
    query = QueryDict(urlsplit(get_next_url(request, default="")).query)
    return _read_answers(query, viewer)


def _read_answers(query: QueryDict, viewer: User | None) -> TonightAnswers:
    companies = read_companies(user=viewer) if query.get("with") else ()
    return read_answers(query, HomeReader(user=viewer).catalogue, companies=companies)


def _render_films(
    request: PageRequest,
    viewer: User | None,
    answers: TonightAnswers,
    *,
    done: Done | None = None,
    has_focus: bool = False,
) -> HttpResponse:
    """Return the films for the evening, as htmx puts them in place; below, their cards go.

    With `has_focus` the first of them takes it.
    """
    reader = HomeReader(user=viewer, is_shown=True)
    visitor = read_visitor(user=viewer)
    picks = reader.read_tonight(answers, service_ids=visitor.service_ids)
    context = {
        "tonight": fill_tonight(picks, viewer=viewer),
        "is_personal": visitor.num_ratings > 0,
        "done": done,
        "has_focus": has_focus,
        "problems": answers.problems,
    }
    return render(request, "recommender/_tonight_answer.html", context)
