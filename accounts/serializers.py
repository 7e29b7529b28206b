"""How API tokens look in the API."""

from rest_framework import serializers

from accounts.models import ApiToken
from movieshow.api_strictness import StrictSerializer


class ApiTokenSerializer(serializers.ModelSerializer[ApiToken]):
    """A token, without its key: nobody has that any more."""

    class Meta:
        model = ApiToken
        fields = ["id", "name", "created_at", "last_used_at"]
        read_only_fields = fields


class ApiTokenInputSerializer(StrictSerializer):
    """What making a token takes."""

    name = serializers.CharField(max_length=80, help_text="What it is for, such as the app.")


class NewApiTokenSerializer(ApiTokenSerializer):
    """A token with its key, shown this once."""

    key = serializers.CharField(help_text="Send it as `Authorization: Bearer KEY`.")

    class Meta(ApiTokenSerializer.Meta):
        fields = [*ApiTokenSerializer.Meta.fields, "key"]
        read_only_fields = fields
