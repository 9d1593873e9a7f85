"""What no request that is made of the document alone can guess: passwords, codes of mails, tokens, ids.

schemathesis loads this module (`SCHEMATHESIS_HOOKS`). Every second good request of an operation below
is made right: it names what is there, and shows what its caller was given. All others go as they were
made. `ISSUER` is where the issuer listens, `MAILS` the file that mails are written to, `DEPOT` the
secret of the service account `depot`.
"""

import base64
import hmac
import itertools
import json
import os
import re
import struct
import time
import urllib.error
import urllib.request
from collections import defaultdict
from dataclasses import dataclass

import schemathesis

ISSUER = os.environ["ISSUER"]
PASSWORD = "seven lanterns over water"
ANOTHER = "nine kettles under snow"
DEPOT = "Basic " + base64.b64encode(f"depot:{os.environ['DEPOT']}".encode()).decode()


@dataclass
class Person:
    name: str
    id: str
    session: str
    main: str

    @property
    def email(self):
        return f"{self.name}@example.com"

    @property
    def bearer(self):
        return f"Bearer {self.main}"


def send(method, path, body=None, authorization=None):
    """What the issuer answers; it must do what it is asked to."""
    headers = {"content-type": "application/json"}
    if authorization:
        headers["authorization"] = authorization
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(ISSUER + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            text = answer.read()
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"{method} {path}: {error.code} {error.read()}") from None
    return json.loads(text) if text else None


def code(address, part):
    """The code of the youngest mail to an address that links to this part of the page."""
    for _ in range(1200):
        with open(os.environ["MAILS"], encoding="utf-8") as mails:
            whole = [line for line in mails if line.endswith("\n")]
        for mail in map(json.loads, reversed(whole)):
            if address in mail.get("to", ()) and (link := re.search(f"/#{part}=(\\S+)", mail["body"])):
                return link[1]
        time.sleep(0.05)
    raise RuntimeError(f"no mail to {address} with a link to {part}")


NUMBERS = itertools.count()


def fresh(what="x"):
    return f"{what}{next(NUMBERS)}"


def log_in(name, password=PASSWORD):
    answer = send("POST", "/v1/sessions", {"login": name, "password": password})
    return Person(name, answer["user"]["id"], answer["session_id"], answer["main_token"])


def registration():
    name = fresh("person")
    return {"username": name, "email": f"{name}@example.com", "password": PASSWORD}


def waiting():
    """Registers somebody; their e-mail."""
    body = registration()
    send("POST", "/v1/users", body)
    return body["email"]


def person():
    """Somebody new, whose e-mail is proved and who is logged in."""
    email = waiting()
    answer = send("POST", "/v1/email/verify", {"code": code(email, "verify")})
    name = email.split("@")[0]
    return Person(name, answer["user"]["id"], answer["session_id"], answer["main_token"])


def administrator():
    send("POST", "/v1/email/resend", {"email": "ada@example.com"})
    send("POST", "/v1/password/reset", {"code": code("ada@example.com", "reset"), "password": PASSWORD})
    return log_in("ada")


ADA = administrator()


def as_ada(method, path, body=None):
    return send(method, path, body, ADA.bearer)


# -- who calls ---------------------------------------------------------------------------------

# What ends the session of whoever calls it: each time it is somebody else's.
ENDS_ITS_CALLER = {
    "DELETE /v1/me",
    "DELETE /v1/me/factors/totp",
    "DELETE /v1/sessions",
    "DELETE /v1/sessions/current",
    "POST /v1/me/factors/backup-codes",
    "POST /v1/me/factors/totp/confirm",
    "POST /v1/sessions/current/renew",
    "PUT /v1/me/email",
    "PUT /v1/me/password",
    "PUT /v1/me/username",
}

TURNS = defaultdict(itertools.count)
RIGHT = {}


@schemathesis.hook
def before_call(context, case, **kwargs):
    label = case.operation.label
    turn = next(TURNS[label, case.meta.generation.mode])
    caller = person() if label in ENDS_ITS_CALLER else ADA
    if label.startswith("POST /oauth2/"):
        case.headers["Authorization"] = DEPOT
    elif case.operation.definition.raw["security"] and turn % 4 != 3:
        case.headers["Authorization"] = caller.bearer
    if case.meta.generation.mode.is_positive and turn % 2 == 0 and label in RIGHT:
        RIGHT[label](case, caller)


def right(*labels):
    def register(make):
        RIGHT.update((label, make) for label in labels)

    return register


def body(*labels):
    """A body that is right."""
    def register(make):
        def put(case, caller):
            case.body = make(caller)

        right(*labels)(put)

    return register


def named(*labels, **names):
    """A path or query that names what is there."""
    def put(case, caller):
        for name, value in names.items():
            value = value(caller) if callable(value) else value
            (case.path_parameters if f"{{{name}}}" in case.path else case.query)[name] = value

    right(*labels)(put)


# -- accounts ----------------------------------------------------------------------------------

body("POST /v1/users")(lambda _: registration())
body("POST /v1/sessions")(lambda _: {"login": person().email, "password": PASSWORD})
body("POST /v1/email/resend")(lambda _: {"email": waiting()})
body("POST /v1/email/verify")(lambda _: {"code": code(waiting(), "verify"), "service": "orders"})
body("POST /v1/password/forgot")(lambda _: {"email": person().email})
body("PUT /v1/me/email")(lambda _: {"email": f"{fresh('new')}@example.com", "password": PASSWORD})
body("PUT /v1/me/password")(lambda _: {"current": PASSWORD, "new": ANOTHER})
body("PUT /v1/me/username")(lambda _: {"username": fresh("renamed")})
body("DELETE /v1/me")(lambda _: {"password": PASSWORD})


@body("POST /v1/password/reset")
def reset(_):
    email = person().email
    send("POST", "/v1/password/forgot", {"email": email})
    return {"code": code(email, "reset"), "password": ANOTHER}


@body("POST /v1/email/undo")
def undo(_):
    changes = person()
    change = {"email": f"{fresh('new')}@example.com", "password": PASSWORD}
    send("PUT", "/v1/me/email", change, changes.bearer)
    return {"code": code(changes.email, "undo")}


def public(_):
    shows = person()
    send("PATCH", "/v1/me", {"public": True}, shows.bearer)
    return shows.name


named("GET /v1/users/{username}", username=public)
named("DELETE /v1/sessions/{id}", id=lambda _: log_in("ada").session)

# -- second factors ------------------------------------------------------------------------------


def shown(secret):
    """What an authenticator app shows now (RFC 6238)."""
    key = base64.b32decode(secret)
    mac = hmac.digest(key, struct.pack(">q", int(time.time()) // 30), "sha1")
    place = mac[-1] & 15
    number = struct.unpack(">I", mac[place : place + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def offered(caller):
    return {"code": shown(send("POST", "/v1/me/factors/totp", {}, caller.bearer)["secret"])}


def enrolled(caller):
    """Gives somebody an app; their backup codes."""
    confirmed = send("POST", "/v1/me/factors/totp/confirm", offered(caller), caller.bearer)
    return confirmed["backup_codes"]


def waits(_):
    """A log-in that waits for its second factor."""
    has = person()
    codes = enrolled(has)
    first = send("POST", "/v1/sessions", {"login": has.name, "password": PASSWORD})
    return {"id": first["second_factor"]["id"], "backup_code": codes[0]}


def with_factor(caller):
    enrolled(caller)
    return {"password": PASSWORD}


body("POST /v1/sessions/second-factor")(waits)
body("POST /v1/sessions/current/step-up")(lambda _: {"password": PASSWORD})
body("POST /v1/me/factors/totp/confirm")(offered)
body("POST /v1/me/factors/totp")(lambda _: {"password": PASSWORD})
body("DELETE /v1/me/factors/totp", "POST /v1/me/factors/backup-codes")(with_factor)

body("POST /v1/me/passkeys")(lambda _: {"password": PASSWORD})

# -- tokens ------------------------------------------------------------------------------------

body("POST /v1/tokens/micro")(lambda _: {"services": ["orders"]})
body("POST /v1/tokens/anonymous")(lambda _: {"service": "orders"})
body("POST /oauth2/revoke")(lambda _: {"token": person().main})
body("POST /oauth2/token")(lambda _: {"grant_type": "client_credentials", "resource": ["orders"]})
named("GET /v1/me/permissions", service="orders")
named("GET /status/{alg}/{shard}", alg="RS256", shard="0")


@body("POST /oauth2/introspect")
def token(_):
    minted = send("POST", "/v1/tokens/micro", {"services": ["orders"]}, person().bearer)
    return {"token": minted["micro_token"]}


# -- administration ----------------------------------------------------------------------------

named(
    "DELETE /v1/admin/users/{user}",
    "DELETE /v1/admin/users/{user}/factors",
    "DELETE /v1/admin/users/{user}/sessions",
    "GET /v1/admin/users/{user}",
    "GET /v1/admin/users/{user}/grants",
    "GET /v1/admin/users/{user}/roles",
    "GET /v1/admin/users/{user}/sessions",
    "POST /v1/admin/users/{user}/disable",
    "POST /v1/admin/users/{user}/enable",
    "POST /v1/admin/users/{user}/erase",
    user=lambda _: person().id,
)


@right(
    "DELETE /v1/admin/users/{user}/roles/{role}",
    "PUT /v1/admin/users/{user}/roles/{role}",
)
def assigned(case, _):
    user, name = person().id, role(case)
    if case.method == "DELETE":
        as_ada("PUT", f"/v1/admin/users/{user}/roles/{name}")
    case.path_parameters.update(user=user, role=name)


@right(
    "DELETE /v1/admin/users/{user}/sessions/{session}",
    "PATCH /v1/admin/users/{user}/sessions/{session}",
)
def session(case, _):
    has = person()
    case.path_parameters.update(user=has.id, session=has.session)
    if case.method == "PATCH":
        case.body = {"ends_at": int(time.time()) + 3600}


def made(path, member, value, **more):
    """Makes something by that name, and names it."""
    def make(_):
        name = fresh(value)
        as_ada("POST", path, {member: name, **more})
        return name

    return make


role = made("/v1/admin/roles", "name", "role", level=900)
service = made("/v1/admin/services", "name", "service")
account = made("/v1/admin/service-accounts", "name", "account")
client = made("/v1/admin/clients", "client_id", "client", name="Shop", kind="confidential")

body("POST /v1/admin/roles")(
    lambda _: {"name": fresh("orders/role"), "level": 900, "permissions": ["orders:read"]}
)
body("POST /v1/admin/services")(lambda _: {"name": fresh("service")})
body("POST /v1/admin/service-accounts")(lambda _: {"name": fresh("account"), "roles": [role(_)]})
body("POST /v1/admin/clients")(
    lambda _: {"client_id": fresh("client"), "name": "Shop", "kind": "public"}
)
named(
    "DELETE /v1/admin/roles/{role}",
    "GET /v1/admin/roles/{role}",
    "GET /v1/admin/roles/{role}/users",
    role=role,
)
named("DELETE /v1/admin/services/{service}", "GET /v1/admin/services/{service}", service=service)
named(
    "DELETE /v1/admin/service-accounts/{account}",
    "GET /v1/admin/service-accounts/{account}",
    "POST /v1/admin/service-accounts/{account}/disable",
    "POST /v1/admin/service-accounts/{account}/enable",
    account=account,
)
named(
    "DELETE /v1/admin/clients/{client}",
    "GET /v1/admin/clients/{client}",
    "POST /v1/admin/clients/{client}/secret",
    client=client,
)


def changed(label, parameter, make, change):
    @right(label)
    def put(case, _):
        case.path_parameters[parameter] = make(_)
        case.body = change


changed("PATCH /v1/admin/roles/{role}", "role", role, {"level": 901, "description": None})
changed("PATCH /v1/admin/services/{service}", "service", service, {"permissions": []})
changed("PATCH /v1/admin/clients/{client}", "client", client, {"name": "Market"})
changed("PUT /v1/admin/service-accounts/{account}/roles", "account", account, {"roles": []})
changed("POST /v1/admin/service-accounts/{account}/secret", "account", account, {"overlap": 0})


def grant():
    return {"holder": f"user:{person().id}", "permission": "orders:read"}


body("POST /v1/admin/grants")(lambda _: grant())


@right("DELETE /v1/admin/grants/{holder}/{permission}")
def take_back(case, _):
    granted = grant()
    as_ada("POST", "/v1/admin/grants", granted)
    case.path_parameters.update(granted)


body("POST /v1/admin/keys/rotate")(lambda _: {"algorithm": "EdDSA"})


def key(_):
    """A key that nothing was signed with yet, so that nobody's token ends with it."""
    return as_ada("POST", "/v1/admin/keys/rotate", {"algorithm": "EdDSA"})["key"]["kid"]


named("POST /v1/admin/keys/{kid}/revoke", kid=key)


# -- events ------------------------------------------------------------------------------------


def hook(_=None, events=()):
    """An endpoint that is told nothing, or what nobody takes. There is one at a time."""
    for known in as_ada("GET", "/v1/admin/hooks")["items"]:
        as_ada("DELETE", f"/v1/admin/hooks/{known['id']}")
    url = "https://hooks.invalid/"
    return as_ada("POST", "/v1/admin/hooks", {"url": url, "events": list(events)})["id"]


@body("POST /v1/admin/hooks")
def room(_):
    hook()
    return {"url": "https://hooks.invalid/", "events": []}


named(
    "DELETE /v1/admin/hooks/{hook}",
    "GET /v1/admin/hooks/{hook}",
    "GET /v1/admin/hooks/{hook}/deliveries",
    "POST /v1/admin/hooks/{hook}/repeat",
    hook=hook,
)


@right("POST /v1/admin/hooks/{hook}/deliveries/{event}/repeat")
def repeated(case, _):
    told = hook(events=["user.created"])
    person()
    event = as_ada("GET", f"/v1/admin/hooks/{told}/deliveries")["items"][0]["event"]
    case.path_parameters.update(hook=told, event=event)


changed("PATCH /v1/admin/hooks/{hook}", "hook", hook, {"description": None, "enabled": False})
changed("POST /v1/admin/hooks/{hook}/secret", "hook", hook, {"overlap": 0})
changed(
    "POST /v1/admin/services/{service}/provider-secret", "service", service, {"overlap": 60}
)
