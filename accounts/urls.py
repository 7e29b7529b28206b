"""Addresses of the account pages, below /account/; allauth has the rest of them."""

from django.urls import path

from accounts import views

urlpatterns = [
    path("", views.account, name="account"),
    path("training/", views.save_consent, name="account_training"),
    path("tokens/", views.create_token, name="account_tokens"),
    path("tokens/<int:token_id>/revoke/", views.revoke_token, name="account_revoke_token"),
]
