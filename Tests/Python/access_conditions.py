#!/usr/bin/env python3
"""Gets a connector's own token by Authlib, and uses a token that is bound to a P-256 key, with proofs by joserfc.

Usage: access_conditions.py ORIGIN ID SECRET REFRESH_TOKEN SERVER_ID SERVER_SECRET     Exit status 0 when all went as the RFCs say.
"""

import base64
import hashlib
import os
import sys
import time
import uuid

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

import requests
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.jwk import ECKey


def proof(key, method, url, token=None):
    claims = {"jti": str(uuid.uuid4()), "htm": method, "htu": url, "iat": int(time.time())}
    if token:
        claims["ath"] = base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode()
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.as_dict(private=False)}
    return jwt.encode(header, claims, key, algorithms=["ES256"])


def main(origin, client, secret, refresh, server, server_secret):
    metadata = requests.get(origin + "/.well-known/oauth-authorization-server").json()
    assert "ES256" in metadata["dpop_signing_alg_values_supported"], metadata

    session = OAuth2Session(client, secret, scope="groupinfo.read", token_endpoint_auth_method="client_secret_basic")
    token = session.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")
    assert token["token_type"] == "Bearer" and "refresh_token" not in token, token
    guard = OAuth2Session(server, server_secret)
    found = guard.introspect_token(metadata["introspection_endpoint"], token=token["access_token"]).json()
    assert found["active"] is True and found["sub"] == client and found["scope"] == "groupinfo.read", found

    key = ECKey.generate_key("P-256")
    form = {"grant_type": "refresh_token", "refresh_token": refresh}
    url = metadata["token_endpoint"]
    answer = requests.post(url, data=form, auth=(client, secret), headers={"DPoP": proof(key, "POST", url)}).json()
    assert answer["token_type"] == "DPoP", answer
    bound = answer["access_token"]
    found = guard.introspect_token(metadata["introspection_endpoint"], token=bound).json()
    assert found["cnf"] == {"jkt": key.thumbprint()}, found
    page = origin + "/page"
    headers = {"Authorization": "DPoP " + bound, "DPoP": proof(key, "GET", page, bound)}
    assert requests.get(origin + "/check/page", headers=headers).status_code == 200
    assert requests.get(origin + "/check/page", headers=headers).status_code == 401, "a proof was taken twice"
    headers["DPoP"] = proof(ECKey.generate_key("P-256"), "GET", page, bound)
    assert requests.get(origin + "/check/page", headers=headers).status_code == 401, "another key was taken"
    assert requests.get(origin + "/check/page", headers={"Authorization": "Bearer " + bound}).status_code == 401


if __name__ == "__main__":
    main(*sys.argv[1:])
