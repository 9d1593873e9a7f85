"""An SMTP server that takes mails and prints each as a line of JSON.

Arguments: the port (0 for a free one), then `auth` where a user must log in, `ascii` where addresses
may have no other letters. The first line says the port. Recipients called `refused` are refused for
good, those called `later` for now; those called `slow` are thought about for a while. It ends when its
standard input does.
"""

import asyncio
import email
import email.policy
import json
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult


def tell(value):
    print(json.dumps(value), flush=True)


class Sink:
    async def handle_RCPT(self, server, session, envelope, address, options):
        local = address.split("@")[0]
        if local == "refused":
            return "550 5.1.1 no such mailbox"
        if local == "later":
            return "451 4.3.0 come back later"
        if local == "slow":
            await asyncio.sleep(2)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        tell({
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "headers": [[name, str(value)] for name, value in message.items()],
            "body": message.get_body(("plain",)).get_content(),
            "html": html.get_content() if (html := message.get_body(("html",))) else None,
            "user": getattr(session.auth_data, "login", b"").decode() if session.auth_data else None,
        })
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    good = (data.login, data.password) == (b"laika@example.com", b"first in orbit")
    return AuthResult(success=good, handled=good, auth_data=data)


def main():
    port = int(sys.argv[1])
    options = {"enable_SMTPUTF8": "ascii" not in sys.argv[2:]}
    if "auth" in sys.argv[2:]:
        options |= {
            "authenticator": authenticate,
            "auth_required": True,
            "auth_require_tls": False,
        }
    controller = Controller(Sink(), hostname="127.0.0.1", port=port, **options)
    if port == 0:
        # The controller tries its port by connecting to it, so it must know which one it is.
        import socket
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            controller.port = free.getsockname()[1]
    controller.start()
    tell({"port": controller.port})
    sys.stdin.read()
    controller.stop()


main()
