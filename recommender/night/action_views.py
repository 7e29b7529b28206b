"""What is done at a movie night: the vote, and what the host decides. All are plain forms."""

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.requests import PageRequest, read_number
from catalog.services import UnknownMovieError
from recommender.night import services, voting
from recommender.night.actions import go_to_night, night_action
from recommender.night.forms import RuleForm
from recommender.night.selectors import get_seat


@night_action
def start(request: PageRequest, actor: User, night_id: int) -> HttpResponse:
    """Begin the vote, by the rule that is chosen on the page, saved or not."""
    form = RuleForm(request.POST)
    if form.is_valid():
        services.change_rule(host=actor, night_id=night_id, **form.cleaned_data)
    voting.start_vote(host=actor, night_id=night_id)
    return go_to_night(night_id)


@night_action
def vote(request: PageRequest, actor: User, night_id: int) -> HttpResponse:
    """Keep one's ballot."""
    night = voting.cast_ballot(
        user=actor,
        night_id=night_id,
        round_number=read_number(request.POST.get("round", "")),
        film_ids=[read_number(text) for text in request.POST.getlist("film")],
    )
    if night.status == night.Status.VOTING:
        text = _("Your vote is in. You can change it until the vote is closed.")
        messages.success(request, text)
    return go_to_night(night_id)


@night_action
def close(_request: PageRequest, actor: User, night_id: int) -> HttpResponse:
    """Decide by the votes there are."""
    voting.close_vote(host=actor, night_id=night_id)
    return go_to_night(night_id)


@night_action
def again(_request: PageRequest, actor: User, night_id: int) -> HttpResponse:
    """Gather again for other films."""
    voting.start_over(host=actor, night_id=night_id)
    return go_to_night(night_id)


@night_action
def leave(request: PageRequest, actor: User, night_id: int) -> HttpResponse:
    """Give up one's seat."""
    services.leave_night(user=actor, night_id=night_id)
    messages.success(request, _("You have left the movie night."))
    return HttpResponseRedirect(reverse("nights"))


@night_action
def call_off(request: PageRequest, actor: User, night_id: int) -> HttpResponse:
    """Delete the night."""
    services.call_off(host=actor, night_id=night_id)
    messages.success(request, _("The movie night is called off."))
    return HttpResponseRedirect(reverse("nights"))


@night_action
def remove(request: PageRequest, actor: User, night_id: int, member_id: int) -> HttpResponse:
    """Take somebody's seat from them."""
    name = services.remove_member(host=actor, night_id=night_id, member_id=member_id)
    text = _("%(name)s is no longer in, and the link has changed.") % {"name": name}
    messages.success(request, text if name else _("They had left already. The link has changed."))
    return go_to_night(night_id)


@night_action
def change_link(request: PageRequest, actor: User, night_id: int) -> HttpResponse:
    """Make a new link, or close the night to others."""
    is_open = request.POST.get("do") != "close"
    services.change_link(host=actor, night_id=night_id, is_open=is_open)
    opened = _("Here is a new link. The old one opens nothing any more.")
    messages.success(request, opened if is_open else _("Closed: nobody else can come in."))
    return go_to_night(night_id)


@night_action
def change_rule(request: PageRequest, actor: User, night_id: int) -> HttpResponse:
    """Change how films are chosen."""
    form = RuleForm(request.POST)
    if form.is_valid():
        services.change_rule(host=actor, night_id=night_id, **form.cleaned_data)
        messages.success(request, _("Saved."))
    elif get_seat(user=actor, night_id=night_id) is None:
        raise Http404
    else:
        messages.error(request, _("Choose one of the three."))
    return go_to_night(night_id)


@night_action
def pick(_request: PageRequest, actor: User, night_id: int, movie_id: int) -> HttpResponse:
    """Put a film on the host's list."""
    try:
        services.pick_film(host=actor, night_id=night_id, movie_id=movie_id)
    except UnknownMovieError as error:
        raise Http404(str(error)) from error
    return go_to_night(night_id)


@night_action
def unpick(_request: PageRequest, actor: User, night_id: int, movie_id: int) -> HttpResponse:
    """Take a film off the host's list."""
    services.unpick_film(host=actor, night_id=night_id, movie_id=movie_id)
    return go_to_night(night_id)
