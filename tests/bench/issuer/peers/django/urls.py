"""The two calls of the package."""

from django.urls import path
from rest_framework_sso.views import obtain_authorization_token, obtain_session_token

urlpatterns = [
    path("session/", obtain_session_token),
    path("authorize/", obtain_authorization_token),
]
