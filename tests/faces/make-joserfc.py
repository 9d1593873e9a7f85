"""A token of each algorithm, made by PyPI's `joserfc` with new keys.

Prints `[{alg, keys, token}]`, where `keys` are options of a verifier. The first argument is the
claims, JSON text.
"""

import json
import sys

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

CLAIMS = json.loads(sys.argv[1])


def made(alg, key, keys, **header):
    header = {"alg": alg, "typ": "at+jwt", **header}
    token = jwt.encode(header, CLAIMS, key, algorithms=[alg])
    return {"alg": alg, "keys": keys, "token": token}


def pair(alg, key):
    public = {**key.as_dict(private=False), "kid": "1", "alg": alg, "use": "sig"}
    return made(alg, key, {"jwks": {"keys": [public]}}, kid="1")


def secret(alg, bits):
    key = OctKey.generate_key(bits)
    return made(alg, key, {"secret": key.as_dict(private=True)["k"]})


rsa = RSAKey.generate_key(2048)
print(
    json.dumps(
        [pair(alg, rsa) for alg in ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]]
        + [pair("ES256", ECKey.generate_key("P-256")), pair("ES384", ECKey.generate_key("P-384"))]
        + [pair(alg, OKPKey.generate_key("Ed25519")) for alg in ["EdDSA", "Ed25519"]]
        + [secret("HS256", 256), secret("HS384", 384), secret("HS512", 512)]
    )
)
