"""Addresses of the account pages, below /account/; allauth has the rest of them."""

from django.urls import path

from accounts import data_views, session_views, views

urlpatterns = [
    path("", views.account, name="account"),
    path("training/", views.save_consent, name="account_training"),
    path("tokens/", views.create_token, name="account_tokens"),
    path("tokens/<int:token_id>/revoke/", views.revoke_token, name="account_revoke_token"),
    path("sessions/", session_views.sessions, name="account_sessions"),
    path("sessions/end-others/", session_views.end_others, name="account_end_others"),
    path("sessions/<int:session_id>/end/", session_views.end_one, name="account_end_session"),
    path("delete/", data_views.delete, name="account_delete"),
]
