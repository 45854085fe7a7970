"""A Python peer of the Token Service: an OAuth provider as Authlib's documentation builds one with Flask and SQLAlchemy, its tokens
in PostgreSQL. It issues access tokens for refresh tokens, and introspects them.

    PEER_DATABASE=postgresql+psycopg2://... gunicorn authlib_provider:application

Started by hand with `python3 authlib_provider.py`, it makes the tables, a client and a token, and prints them as JSON.
"""

import json
import os
import secrets
import time

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.integrations.sqla_oauth2 import (
    OAuth2ClientMixin, OAuth2TokenMixin, create_query_client_func, create_query_token_func, create_save_token_func)
from authlib.oauth2.rfc6749 import grants
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from flask import Flask
from sqlalchemy import Column, Integer, create_engine
from sqlalchemy.orm import DeclarativeBase, scoped_session, sessionmaker

engine = create_engine(os.environ["PEER_DATABASE"], pool_size=4)
session = scoped_session(sessionmaker(engine))


class Base(DeclarativeBase):
    pass


class Client(Base, OAuth2ClientMixin):
    __tablename__ = "client"
    id = Column(Integer, primary_key=True)


class Token(Base, OAuth2TokenMixin):
    __tablename__ = "token"
    id = Column(Integer, primary_key=True)
    user_id = Column(Integer)

    def is_refresh_token_active(self):
        return not self.is_revoked()


class User:
    def __init__(self, number):
        self.number = number

    def get_user_id(self):
        return self.number


class RefreshTokenGrant(grants.RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic"]

    def authenticate_refresh_token(self, refresh_token):
        token = session.query(Token).filter_by(refresh_token=refresh_token).first()
        return token if token and token.is_refresh_token_active() else None

    def authenticate_user(self, refresh_token):
        return User(refresh_token.user_id)

    def revoke_old_credential(self, refresh_token):
        """The refresh token stays good, as it does in the Kaizala form."""


class Introspection(IntrospectionEndpoint):
    def query_token(self, token_string, token_type_hint):
        return create_query_token_func(session, Token)(token_string, token_type_hint)

    def check_permission(self, token, client, request):
        return token.client_id == client.client_id

    def introspect_token(self, token):
        return {
            "active": not token.is_expired() and not token.is_revoked(), "client_id": token.client_id,
            "token_type": token.token_type, "scope": token.get_scope(), "sub": str(token.user_id),
            "exp": token.issued_at + token.expires_in, "iat": token.issued_at,
        }


application = Flask(__name__)
server = AuthorizationServer(
    application, query_client=create_query_client_func(session, Client), save_token=create_save_token_func(session, Token))
server.register_grant(RefreshTokenGrant)
server.register_endpoint(Introspection)


@application.teardown_appcontext
def finish(_):
    session.remove()


@application.post("/oauth/token")
def token():
    return server.create_token_response()


@application.post("/oauth/introspect")
def introspect():
    return server.create_endpoint_response(Introspection.ENDPOINT_NAME)


def prepare():
    """The tables, one client and one token."""
    Base.metadata.create_all(engine)
    client = Client(client_id=secrets.token_hex(16), client_secret=secrets.token_hex(24), client_id_issued_at=int(time.time()))
    client.set_client_metadata({
        "client_name": "peer", "grant_types": ["refresh_token"], "token_endpoint_auth_method": "client_secret_basic",
        "scope": "profile"})
    first = Token(
        client_id=client.client_id, user_id=1, token_type="Bearer", access_token=secrets.token_hex(24),
        refresh_token=secrets.token_hex(24), scope="profile", expires_in=86_400)
    session.add_all([client, first])
    session.commit()
    return {
        "id": client.client_id, "secret": client.client_secret, "access": first.access_token, "refresh": first.refresh_token}


if __name__ == "__main__":
    print(json.dumps(prepare()))
