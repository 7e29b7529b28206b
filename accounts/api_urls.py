"""Addresses of people's own API: their tokens."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
