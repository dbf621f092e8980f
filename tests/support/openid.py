"""An OpenID issuer that says of a person whatever a test wants."""

from __future__ import annotations

import html
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from fluxstudio.kit.pkce import challenge_of
from fluxstudio.kit.serving import listening_socket, serving
from tests.support.running import NO_TLS, Running

CLIENT = "fluxstudio"


def new_key(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid})


@dataclass
class OpenIssuer:
    """Signs in whoever `person` says; `changes` go into the ID token, `header` into its header."""

    url: str = ""
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "p-ada"})
    changes: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: new_key("k1"))
    published: list[RSAKey] = field(default_factory=list)
    down: bool = False
    logout_path: str | None = None
    id_token: str = ""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self.discovery),
                Route("/authorize", self.authorize),
                Route("/token", self.token, methods=["POST"]),
                Route("/keys", self.keys),
            ]
        )

    async def discovery(self, request: Request) -> Response:
        if self.down:
            return Response("down", 503)
        return JSONResponse(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
                "scopes_supported": ["openid", "email", "groups"],
                **({"end_session_endpoint": self.url + self.logout_path} if self.logout_path else {}),
            }
        )

    async def authorize(self, request: Request) -> Response:
        fields = dict(request.query_params)
        code = f"code-{len(self.codes)}"
        self.codes[code] = fields
        return RedirectResponse(
            f"{fields['redirect_uri']}?{urlencode({'code': code, 'state': fields['state']})}"
        )

    async def token(self, request: Request) -> Response:
        sent = parse_qs((await request.body()).decode())
        begun = self.codes.pop(sent["code"][0], None)
        if begun is None or challenge_of(sent["code_verifier"][0]) != begun["code_challenge"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": CLIENT,
            "nonce": begun["nonce"],
            "iat": now,
            "exp": now + 300,
            **self.person,
            **self.changes,
        }
        header = {"alg": "RS256", "kid": self.key.kid, **self.header}
        self.id_token = jwt.encode(header, {k: v for k, v in claims.items() if v is not None}, self.key)
        return JSONResponse({"access_token": "x", "token_type": "Bearer", "id_token": self.id_token})

    async def keys(self, request: Request) -> Response:
        return JSONResponse({"keys": [key.as_dict(private=False) for key in self.published or [self.key]]})


@asynccontextmanager
async def open_issuer() -> AsyncIterator[OpenIssuer]:
    """An issuer on this machine."""
    issuer = OpenIssuer()
    with listening_socket("127.0.0.1", 0) as listening:
        issuer.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with serving(issuer.app(), listening):
            yield issuer


async def sign_in(
    running: Running, browser: httpx2.AsyncClient, back: str = "/settings/account"
) -> httpx2.Response:
    """Go through the issuer as a browser does; the answer to coming back."""
    answer = await browser.get("/sign-in/openid", params={"returnTo": back})
    if not answer.is_redirect:
        return answer
    return await browser.get(await through(answer.headers["location"], running.base))


def logout_url_of(page: str) -> str:
    """Where the page that signing out answers leads a browser, with scripts or without."""
    [url] = re.findall(r'http-equiv="refresh" content="0;url=([^"]+)"', page)
    assert f'href="{url}"' in page
    return html.unescape(url)


async def through(url: str, base: str) -> str:
    """Follow the issuer's own redirects; where it sends the browser back to."""
    async with httpx2.AsyncClient(verify=NO_TLS) as client:
        while urlsplit(url).netloc != urlsplit(base).netloc:
            answer = await client.get(url)
            assert answer.is_redirect, answer.text
            url = str(answer.url.join(answer.headers["location"]))
    return url
