"""PyPI's `authlib`, unmodified, against the issuer: metadata, client credentials, refresh, token
exchange, introspection, revocation. Prints what it got as JSON; fails where a call fails.

Arguments: issuer, secret of the service account `backend`, a main token.
"""

import json
import os
import sys

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # plain HTTP, on loopback

from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session

issuer, secret, main = sys.argv[1:]
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
MICRO = "urn:ietf:params:oauth:token-type:access_token"

found = OAuth2Session().get(
    f"{issuer}/.well-known/oauth-authorization-server", withhold_token=True
).json()
endpoint = found["token_endpoint"]


def session(name, method, **more):
    return OAuth2Session(
        name, revocation_endpoint_auth_method=method, token_endpoint_auth_method=method, **more
    )


basic = session("backend", "client_secret_basic", client_secret=secret)
post = session("backend", "client_secret_post", client_secret=secret)
shop = session("shop", "none")

credentials = {"grant_type": "client_credentials", "resource": "orders"}
by_basic = dict(basic.fetch_token(endpoint, **credentials))
by_post = dict(post.fetch_token(endpoint, scope="orders:read", **credentials))
refreshed = dict(shop.refresh_token(endpoint, refresh_token=main, resource="orders"))
exchanged = dict(
    basic.fetch_token(
        endpoint,
        grant_type=EXCHANGE,
        subject_token=refreshed["access_token"],
        subject_token_type=MICRO,
    )
)


def introspect():
    answer = basic.introspect_token(found["introspection_endpoint"], exchanged["access_token"])
    return answer.json()


before = introspect()
shop.revoke_token(found["revocation_endpoint"], refreshed["refresh_token"]).raise_for_status()
after = introspect()
try:
    shop.refresh_token(endpoint, refresh_token=refreshed["refresh_token"], resource="orders")
    refused = "accepted"
except OAuthError as error:
    refused = error.error

print(
    json.dumps(
        {
            "byBasic": by_basic,
            "byPost": by_post,
            "refreshed": refreshed,
            "exchanged": exchanged,
            "before": before,
            "after": after,
            "refused": refused,
        }
    )
)
