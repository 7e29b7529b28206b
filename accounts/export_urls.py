"""Addresses of one's data to take along, below /export/."""

from django.urls import path

from accounts import data_views

urlpatterns = [
    path("", data_views.export, name="export"),
    path("movieshow.zip", data_views.download, name="export_download"),
]
