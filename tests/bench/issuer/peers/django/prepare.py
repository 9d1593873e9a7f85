"""Makes tables, keys and accounts. Argument: the accounts as JSON."""

import json
import os
import sys

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"

import django
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

django.setup()

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command

GENERATE = {
    "RS256": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
}


# One file with both halves: its name is the `kid` of both.
key = GENERATE[settings.ALGORITHM]()
pem = serialization.Encoding.PEM
private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
public = key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
with open(os.path.join(settings.FOLDER, f"{settings.ALGORITHM}.pem"), "wb") as file:
    file.write(private + public)
call_command("migrate", verbosity=0)
for account in json.loads(sys.argv[1]):
    User.objects.create_user(account["username"], account["email"], account["password"])
