"""An OpenID Connect provider for the tests of the portal, with faults to choose.

Usage: oidc_provider.py, with oidc-provider-mock on PYTHONPATH. Prints the port that it listens on.
GET /fault/NAME chooses a fault; GET /fault/none ends it. GET /logout/ISSUER-CLIENT/SUBJECT prints a logout token.
"""

import json
import logging
import threading
import time
import urllib.parse

import flask
import oidc_provider_mock
from authlib import jose
from werkzeug.serving import make_server

logging.getLogger("werkzeug").setLevel(logging.ERROR)
app = oidc_provider_mock.app()
app.debug = False
state = {"fault": "none", "used": None, "key-sets": 0}
foreign = jose.RSAKey.generate_key(2048, is_private=True)


def key():
    return flask.g.oidc_provider_mock_storage.jwk


def signed(claims, by):
    header = {"alg": "RS256", "kid": by.as_dict(is_private=False, add_kid=True).get("kid") or by.thumbprint()}
    return jose.jwt.encode(header, claims, by).decode()


@app.get("/fault/<name>")
def fault(name):
    if name == "rotated":
        flask.g.oidc_provider_mock_storage.jwk = jose.RSAKey.generate_key(2048, is_private=True)
    state["fault"] = name
    return ""


@app.get("/key-sets")
def key_sets():
    return str(state["key-sets"])


@app.get("/logout/<client>/<subject>")
def logout(client, subject):
    issuer = flask.request.host_url.rstrip("/")
    event = {"http://schemas.openid.net/event/backchannel-logout": {}}
    now = int(time.time())
    return signed({"iss": issuer, "aud": client, "sub": subject, "iat": now, "jti": str(now), "events": event}, key())


@app.after_request
def distort(response):
    path = flask.request.path
    if path == "/jwks":
        state["key-sets"] += 1
        value = response.get_json()
        for entry in value["keys"]:
            entry.setdefault("kid", key().thumbprint())
        response.set_data(json.dumps(value))
    if path != "/oauth2/token" or response.status_code != 200:
        return response
    name = state["fault"]
    if name == "slow":
        time.sleep(60)
    value = response.get_json()
    claims = dict(jose.jwt.decode(value["id_token"], key()))
    by = key()
    if "email" in claims:
        claims["email_verified"] = True
    if name == "unsaid-mail":
        claims.pop("email_verified", None)
    elif name == "unverified-mail":
        claims["email_verified"] = False
    elif name.startswith("tenant-"):
        claims["tid"] = name.removeprefix("tenant-")
    elif name.startswith("hosted-"):
        claims["hd"] = name.removeprefix("hosted-")
    elif name == "nonce":
        claims["nonce"] = "another"
    elif name == "audience":
        claims["aud"] = ["another"]
    elif name == "authorized-party":
        claims["aud"] = [claims["aud"] if isinstance(claims["aud"], str) else claims["aud"][0], "another"]
        claims["azp"] = "another"
    elif name == "issuer":
        claims["iss"] = "https://another.example"
    elif name == "expired":
        claims["exp"] = int(time.time()) - 3600
    elif name == "silent":
        claims.pop("auth_time", None)
    elif name == "now":
        claims["auth_time"] = int(time.time())
    elif name == "old-sign-in":
        claims["auth_time"] = int(time.time()) - 3600
    elif name == "future":
        claims["iat"] = int(time.time()) + 3600
    elif name == "key":
        by = foreign
    value["id_token"] = signed(claims, by)
    if name == "none-algorithm":
        parts = value["id_token"].split(".")
        value["id_token"] = "eyJhbGciOiJub25lIn0." + parts[1] + "."
    response.set_data(json.dumps(value))
    return response


server = make_server("127.0.0.1", 0, app, threaded=True)
print(server.server_port, flush=True)
server.serve_forever()
