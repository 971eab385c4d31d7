"""Addresses of the account pages."""

from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("sign-up/", views.sign_up, name="sign-up"),
    path("login/", views.log_in, name="login"),
    path("logout/", views.log_out, name="logout"),
    path("reset/", views.reset, name="reset"),
    path("reset/sent/", views.reset_sent, name="reset-sent"),
    path("reset/<uuid:pk>/<str:token>/", views.new_password, name="new-password"),
    path("", views.settings, name="settings"),
    path("name/", views.rename, name="rename"),
    path("password/", views.change_password, name="password"),
    path("delete/", views.delete, name="delete"),
    path("tokens/", views.issue_token, name="issue-token"),
    path("tokens/<uuid:pk>/revoke/", views.revoke_token, name="revoke-token"),
]
