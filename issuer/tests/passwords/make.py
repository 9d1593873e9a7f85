"""Makes `vectors.json`: one password hashed by the libraries that other systems keep them with.

    pip install bcrypt==5.0.0 passlib==1.7.4 Django==5.2.19 Werkzeug==3.1.9 argon2-cffi==25.1.0
    python3 make.py > vectors.json

Salts are the libraries' own random ones, so another run gives other hashes that must hold as well.
"""

import json
from importlib.metadata import version

import argon2
import bcrypt
import django.conf
from django.contrib.auth import hashers
from passlib import hash as passlib
from werkzeug.security import generate_password_hash

PASSWORDS = ["first in orbit 1957", "Лайка 🐕 barks"]

django.conf.settings.configure(
    PASSWORD_HASHERS=[
        f"django.contrib.auth.hashers.{name}"
        for name in (
            "PBKDF2PasswordHasher",
            "PBKDF2SHA1PasswordHasher",
            "Argon2PasswordHasher",
            "BCryptSHA256PasswordHasher",
            "BCryptPasswordHasher",
            "ScryptPasswordHasher",
        )
    ]
)

MAKERS = {
    "bcrypt": {
        "2b": lambda p: bcrypt.hashpw(p.encode(), bcrypt.gensalt(10)).decode(),
        "2a": lambda p: bcrypt.hashpw(p.encode(), bcrypt.gensalt(10, b"2a")).decode(),
    },
    "Django": {
        name: lambda p, name=name: hashers.make_password(p, hasher=name)
        for name in (
            "pbkdf2_sha256",
            "pbkdf2_sha1",
            "argon2",
            "bcrypt_sha256",
            "bcrypt",
            "scrypt",
        )
    },
    "Werkzeug": {
        name: lambda p, name=name: generate_password_hash(p, name)
        for name in ("pbkdf2:sha256", "pbkdf2:sha512:250000", "scrypt")
    },
    "passlib": {
        "sha512_crypt": passlib.sha512_crypt.using(rounds=100_000).hash,
        "sha512_crypt of 5000 rounds": passlib.sha512_crypt.using(rounds=5000).hash,
        "sha256_crypt": passlib.sha256_crypt.using(rounds=100_000).hash,
        "pbkdf2_sha512": passlib.pbkdf2_sha512.hash,
        "pbkdf2_sha256": passlib.pbkdf2_sha256.hash,
        "pbkdf2_sha1": passlib.pbkdf2_sha1.hash,
        "scrypt": passlib.scrypt.using(rounds=14).hash,
    },
    "argon2-cffi": {
        "argon2id": argon2.PasswordHasher().hash,
        "argon2i": argon2.PasswordHasher(type=argon2.Type.I, memory_cost=8192).hash,
    },
}

vectors = [
    {
        "library": f"{library} {version(library)}",
        "kind": kind,
        "password": password,
        "hash": make(password),
    }
    for library, kinds in MAKERS.items()
    for kind, make in kinds.items()
    for password in PASSWORDS
]
print(json.dumps(vectors, indent=1, ensure_ascii=False))
