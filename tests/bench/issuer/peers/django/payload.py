"""What an authorization token says: as much as one of ours, but written here, not read."""

from rest_framework_sso import utils


def create_authorization_payload(session_token, user, **kwargs):
    payload = utils.create_authorization_payload(session_token, user, **kwargs)
    return payload | {
        "username": user.username,
        "roles": ["orders/clerk"],
        "level": 50,
        "permissions": ["orders:read", "orders:create"],
    }
