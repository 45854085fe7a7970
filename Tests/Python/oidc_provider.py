"""An OpenID Connect provider for the tests of the portal, with faults to choose.

Usage: oidc_provider.py, with oidc-provider-mock on PYTHONPATH. Prints the port that it listens on.
GET /fault/NAME chooses a fault; GET /fault/none ends it. GET /logout/CLIENT/SUBJECT prints a logout token; its claims are changed by
the members of the object in the parameter claims, where null takes one out, and the parameter by says whose key signs it: foreign, or
none for no signature. Codes are redeemed with the PKCE verifier of their request alone, and
with the secret of the client where it belongs.
"""

import base64
import hashlib
import json
import logging
import time
import urllib.parse
import uuid

import flask
import oidc_provider_mock
from authlib import jose
from werkzeug.serving import make_server

logging.getLogger("werkzeug").setLevel(logging.ERROR)
app = oidc_provider_mock.app()
app.debug = False
state = {"fault": "none", "key-sets": 0, "discoveries": 0, "challenges": {}}
foreign = jose.RSAKey.generate_key(2048, is_private=True)


def key():
    return flask.g.oidc_provider_mock_storage.jwk


def unsigned(claims):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return part({"alg": "none"}) + "." + part(claims) + "."


def signed(claims, by):
    header = {"alg": "RS256", "kid": by.as_dict(is_private=False, add_kid=True).get("kid") or by.thumbprint()}
    return jose.jwt.encode(header, claims, by).decode()


@app.get("/fault/<name>")
def fault(name):
    if name == "rotated":
        flask.g.oidc_provider_mock_storage.jwk = jose.RSAKey.generate_key(2048, is_private=True)
    state["fault"] = name
    return ""


@app.get("/count/<name>")
def count(name):
    return str(state[name])


@app.get("/logout/<client>/<subject>")
def logout(client, subject):
    issuer = flask.request.host_url.rstrip("/")
    now = int(time.time())
    claims = {
        "iss": issuer, "aud": client, "sub": subject, "iat": now, "exp": now + 120, "jti": str(uuid.uuid4()),
        # What an event says of itself may be anything in an object.
        "events": {"http://schemas.openid.net/event/backchannel-logout": {"number": 1}},
    }
    claims.update(json.loads(flask.request.args.get("claims", "{}")))
    claims = {name: value for name, value in claims.items() if value is not None}
    by = flask.request.args.get("by")
    return unsigned(claims) if by == "none" else signed(claims, foreign if by == "foreign" else key())


@app.before_request
def hand_over():
    """As a provider does that leads to one of an organisation."""
    if state["fault"] == "hand-over" and flask.request.path == "/oauth2/authorize":
        own = flask.request.host_url.replace("//127.0.0.1:", "//localhost:")
        if own != flask.request.host_url:
            return flask.redirect(own.rstrip("/") + flask.request.full_path)
    return None


@app.before_request
def verify():
    """RFC 7636 section 4.6: the mock does not look at PKCE."""
    if flask.request.path != "/oauth2/token":
        return None
    is_in_form = flask.request.form.get("client_secret") == "not known to anybody"
    if (state["fault"] == "secret-in-form") != is_in_form or is_in_form == ("Authorization" in flask.request.headers):
        return flask.jsonify({"error": "invalid_client"}), 401
    digest = hashlib.sha256(flask.request.form.get("code_verifier", "").encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    if state["challenges"].pop(flask.request.form.get("code"), None) != ("S256", challenge):
        return flask.jsonify({"error": "invalid_grant"}), 400
    return None


def distort_documents(path, response):
    value = response.get_json()
    if path == "/jwks":
        state["key-sets"] += 1
        for entry in value["keys"]:
            entry.setdefault("kid", key().thumbprint())
        if state["fault"] == "odd-keys":
            own = value["keys"][0]
            for name in ["kid", "alg"]:
                own.pop(name, None)
            value["keys"] = [
                {"kty": "oct", "k": "AAAA"},
                {"kty": "OKP", "crv": "X25519", "x": "AAAA", "kid": "1", "use": "enc", "alg": "ECDH-ES"},
                {"kty": "EC", "crv": "secp256k1", "x": "AAAA", "y": "AAAA", "kid": "2", "alg": "ES256K"},
                own | {"kid": "3", "use": "enc", "alg": "RSA-OAEP-256"},
                own,
            ]
    else:
        state["discoveries"] += 1
        value["authorization_response_iss_parameter_supported"] = state["fault"] == "names-issuer"
        if state["fault"] == "secret-in-form":
            value["token_endpoint_auth_methods_supported"] = ["client_secret_post", "private_key_jwt"]
        if state["fault"] == "down":
            response.status_code = 503
        if state["fault"] == "no-sign-out":
            value.pop("end_session_endpoint")
    response.set_data(json.dumps(value))
    return response


@app.after_request
def distort(response):
    path = flask.request.path
    if path in ("/jwks", "/.well-known/openid-configuration"):
        return distort_documents(path, response)
    if path == "/oauth2/authorize" and "Location" in response.headers:
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(response.headers["Location"]).query)
        asked = flask.request.args
        for code in query.get("code", []):
            state["challenges"][code] = (asked.get("code_challenge_method"), asked.get("code_challenge"))
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
    elif name.startswith("session-"):
        claims["sid"] = name.removeprefix("session-")
    elif name == "no-audience":
        claims["aud"] = []
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
    elif name == "half-a-minute-ago":
        claims["auth_time"] = int(time.time()) - 30
    elif name == "old-sign-in":
        claims["auth_time"] = int(time.time()) - 3600
    elif name == "future":
        claims["iat"] = int(time.time()) + 3600
    elif name == "key":
        by = foreign
    value["id_token"] = signed(claims, by)
    if name == "none-algorithm":
        value["id_token"] = unsigned(claims)
    response.set_data(json.dumps(value))
    return response


server = make_server("127.0.0.1", 0, app, threaded=True)
print(server.server_port, flush=True)
server.serve_forever()
