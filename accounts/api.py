"""One's API tokens in the REST API."""

from typing import Any, cast

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, status
from rest_framework.exceptions import NotFound, PermissionDenied, ValidationError
from rest_framework.permissions import SAFE_METHODS, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import selectors, serializers, services
from accounts.models import ApiToken, User
from movieshow.api_pages import ShortListPagination

# For the document: what a token does not open.
SESSION_ALONE: Any = [{"cookieAuth": []}]


class ReadsOrHasSession(BasePermission):
    """Lets a token look but not make or revoke: revoking a leaked one ends what its finder can."""

    message = "API tokens are made and revoked on the account page, not with a token."

    def has_permission(self, request: Request, view: APIView) -> bool:  # noqa: ARG002
        """Return whether the caller may go on."""
        return request.method in SAFE_METHODS or request.auth is None


@extend_schema(tags=["API tokens"])
@extend_schema_view(get=extend_schema(summary="List your API tokens"))
class MyTokensView(generics.ListAPIView[ApiToken]):
    """One's live tokens, newest first; members only. Making one takes a session, not a token."""

    permission_classes = [IsAuthenticated, ReadsOrHasSession]
    queryset = ApiToken.objects.none()
    serializer_class = serializers.ApiTokenSerializer
    pagination_class = ShortListPagination
    filter_backends = []

    def get_queryset(self) -> QuerySet[ApiToken]:
        """Return the person's own."""
        user = self.request.user
        return selectors.get_active_tokens(user=user) if isinstance(user, User) else self.queryset

    @extend_schema(
        operation_id="create_token",
        summary="Make an API token",
        auth=SESSION_ALONE,
        request=serializers.ApiTokenInputSerializer,
        responses={201: serializers.NewApiTokenSerializer},
    )
    def post(self, request: Request) -> Response:
        """Make a token and show its key, this once; in a browser where the password was given.

        It opens the account for as long as nobody revokes it, so a session alone will not do:
        confirm the password at `/account/reauthenticate/` first; that lasts five minutes.
        """
        if not did_recently_reauthenticate(request._request):
            raise PermissionDenied("Confirm your password at /account/reauthenticate/ first.")
        given = serializers.ApiTokenInputSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            token, key = services.create_api_token(
                user=cast(User, request.user), name=given.validated_data["name"]
            )
        except services.ApiTokenRefusedError as error:
            raise ValidationError({"name": [str(error)]}) from error
        shown = {**serializers.ApiTokenSerializer(token).data, "key": key}
        return Response(
            shown, status=status.HTTP_201_CREATED, headers={"Cache-Control": "no-store"}
        )


@extend_schema(tags=["API tokens"])
class MyTokenView(APIView):
    """One of one's tokens; to be revoked with a session, not with a token."""

    permission_classes = [IsAuthenticated, ReadsOrHasSession]

    @extend_schema(
        operation_id="revoke_token",
        summary="Revoke an API token",
        auth=SESSION_ALONE,
        responses={204: None},
    )
    def delete(self, request: Request, token_id: int) -> Response:
        """Revoke the token for good."""
        try:
            services.revoke_api_token(user=cast(User, request.user), token_id=token_id)
        except services.UnknownApiTokenError as error:
            raise NotFound(str(error)) from error
        return Response(status=status.HTTP_204_NO_CONTENT)
