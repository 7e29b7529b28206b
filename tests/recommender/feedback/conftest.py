"""People whose answers are noted."""

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from tests.recommender.conftest import Watch
from tests.recommender.feedback.steps import HISTORY


@pytest.fixture
def api(api: APIClient, viewer: User, watch: Watch) -> APIClient:
    """A client of the API whose person has a history."""
    watch(viewer, *HISTORY)
    return api


@pytest.fixture
def browser(browser: Client, viewer: User, watch: Watch) -> Client:
    """A browser whose person has a history."""
    watch(viewer, *HISTORY)
    return browser
