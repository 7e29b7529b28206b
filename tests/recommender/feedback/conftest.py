"""People whose answers are noted."""

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from tests.recommender.conftest import Watch
from tests.recommender.feedback.steps import HISTORY


@pytest.fixture
def api(viewer: User, watch: Watch) -> APIClient:
    watch(viewer, *HISTORY)
    client = APIClient()
    client.force_authenticate(viewer)
    return client


@pytest.fixture
def browser(viewer: User, watch: Watch) -> Client:
    watch(viewer, *HISTORY)
    client = Client()
    client.force_login(viewer)
    return client
