"""The address to which apps report what people did with the films of an answer."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle

from catalog.api import ViewerView
from movieshow.api_strictness import StrictSerializer
from recommender.feedback.services import PostedEvent, UnknownFilmsError, record_events
from recommender.models import Event

MAX_EVENTS = 100


class EventInput(StrictSerializer):
    """One thing a person did with a film that an answer had shown."""

    recommendation_id = serializers.UUIDField(
        format="hex", help_text="The answer's `recommendation_id`."
    )
    movie_id = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    kind = serializers.ChoiceField(
        Event.Kind.choices,
        help_text="Ratings, watchlist and hiding through this API are noted by themselves.",
    )
    happened_at = serializers.DateTimeField(required=False, default=None, allow_null=True)

    def validate_happened_at(self, value: Any) -> Any:
        """Refuse what has not happened yet.

        Raises:
            ValidationError: the time is in the future.
        """
        if value is not None and value > timezone.now():
            raise serializers.ValidationError("An event cannot lie in the future.")
        return value


class EventsInput(StrictSerializer):
    """Up to a hundred events."""

    # `max_length` is looked at before the events are: a huge list costs nothing.
    events = EventInput(  # type: ignore[call-arg]
        many=True,
        max_length=MAX_EVENTS,
        min_length=1,
    )


class EventsOutput(serializers.Serializer[Any]):
    """What came of them."""

    recorded = serializers.IntegerField(help_text="How many were new.")
    known = serializers.IntegerField(
        help_text="How many were reported before: a film, an answer and a kind count once."
    )


@extend_schema(tags=["Recommendations"])
class EventsView(ViewerView):
    """What the caller did with recommended films."""

    throttle_scope = "events"
    throttle_classes = [ScopedRateThrottle]

    @extend_schema(
        operation_id="report_events",
        summary="Report what you did with recommended films",
        request=EventsInput,
        responses={200: EventsOutput},
    )
    def post(self, request: Request) -> Response:
        """Record events; reporting one again changes nothing.

        Of somebody who does not allow measuring nothing is recorded.
        """
        given = EventsInput(data=request.data)
        given.is_valid(raise_exception=True)
        events = [
            PostedEvent(
                item["recommendation_id"], item["movie_id"], item["kind"], item["happened_at"]
            )
            for item in given.validated_data["events"]
        ]
        try:
            recorded = record_events(user=self.viewer, events=events)
        except UnknownFilmsError as error:
            raise serializers.ValidationError({"events": [str(error)]}) from error
        body = {"recorded": recorded, "known": len(events) - recorded}
        if not self.viewer.allows_training:
            body["known"] = 0
        return Response(body, status=status.HTTP_200_OK)
