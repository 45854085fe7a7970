#!/usr/bin/env python3
"""Gets, refreshes, introspects and revokes tokens with clients that are not ours.

Usage: oauth_clients.py ORIGIN ID SECRET REFRESH_TOKEN CODE REDIRECT_URI     Exit status 0 when each did as its documentation says.
"""

import os
import sys
import warnings

# A difference between the scope asked for and the scope told is an error to them.
warnings.simplefilter("error")
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

import requests
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from oauthlib.oauth2 import BackendApplicationClient, OAuth2Error, WebApplicationClient
from requests_oauthlib import OAuth2Session

SCOPE = "groupinfo.read groupinfo.write groupinfo.remove groupinfo.update textmessage.read textmessage.write"


def main(origin, client, secret, refresh, code, redirect):
    # As connector programs of the original API do it.
    headers = {"applicationId": client, "applicationSecret": secret, "refreshToken": refresh}
    answer = requests.get(origin + "/v1/accessToken", headers=headers)
    answer.raise_for_status()
    kaizala = answer.json()
    assert "errorCode" not in kaizala and kaizala["accessToken"], kaizala

    metadata = requests.get(origin + "/.well-known/oauth-authorization-server").json()
    assert metadata["issuer"] == origin, metadata

    # Authlib: the code with PKCE left out, then the refresh token, introspection, revocation.
    for method in ("client_secret_basic", "client_secret_post"):
        session = AuthlibSession(
            client, secret, redirect_uri=redirect, token_endpoint_auth_method=method,
            revocation_endpoint_auth_method=method)
        if code:
            token = session.fetch_token(metadata["token_endpoint"], code=code, grant_type="authorization_code")
            assert token["refresh_token"].startswith("clr_"), token
            code = None
        token = session.refresh_token(metadata["token_endpoint"], refresh_token=refresh)
        assert token["token_type"] == "Bearer" and token["expires_in"] == 86400, token
        found = session.introspect_token(metadata["introspection_endpoint"], token=token["access_token"]).json()
        assert found["active"] is True and found["client_id"] == client, found
        for _ in range(2):
            assert session.revoke_token(metadata["revocation_endpoint"], token=token["access_token"]).status_code == 200
        found = session.introspect_token(metadata["introspection_endpoint"], token=token["access_token"]).json()
        assert found == {"active": False}, found

    # requests-oauthlib: it refreshes without authentication unless told.
    session = OAuth2Session(client, token={"refresh_token": refresh, "access_token": "x", "token_type": "Bearer"})
    try:
        session.refresh_token(metadata["token_endpoint"], refresh_token=refresh)
        raise AssertionError("refreshed without authentication")
    except OAuth2Error as error:
        assert error.error == "invalid_client", error
    token = session.refresh_token(
        metadata["token_endpoint"], refresh_token=refresh, auth=requests.auth.HTTPBasicAuth(client, secret))
    assert token["access_token"].startswith("cla_") and token["refresh_token"] == refresh, token

    # oauthlib reads the answer by itself, and compares the scope.
    reader = WebApplicationClient(client)
    answer = requests.post(
        metadata["token_endpoint"], auth=(client, secret),
        data={"grant_type": "refresh_token", "refresh_token": refresh, "scope": SCOPE})
    assert reader.parse_request_body_response(answer.text, scope=SCOPE.split())["access_token"]
    try:
        BackendApplicationClient(client).parse_request_body_response(
            requests.post(metadata["token_endpoint"], auth=(client, "wrong"), data={"grant_type": "refresh_token"}).text)
        raise AssertionError("an error was taken for a token")
    except OAuth2Error as error:
        assert error.error in ("invalid_client", "invalid_request"), error


if __name__ == "__main__":
    main(*sys.argv[1:])
