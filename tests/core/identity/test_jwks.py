"""Keys that an identity provider publishes: followed as they change, never missed through our own trouble."""

from __future__ import annotations

import asyncio
import time
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from pydantic import SecretStr

from fluxstudio.core.identity import jwks
from fluxstudio.core.identity.jwks import KeySetTimeouts, RemoteKeys
from fluxstudio.core.identity.token_reader import RemoteTokenReader, TokenReader
from fluxstudio.errors import InvalidToken, Unavailable
from fluxstudio.settings import Settings
from tests.support.issuer import Issuer, Pair, issuing, name
from tests.support.raw import be_silent, moved, raw_servers, reply
from tests.support.running import SECRET, Running, Start
from tests.support.tokens import claims, forged, signed

RSA, EC, ED = RSAKey.generate_key(2048), ECKey.generate_key("P-256"), OKPKey.generate_key("Ed25519")
NEW = ECKey.generate_key("P-256")
SHORT = KeySetTimeouts(deadline=1, pause=0.01)


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with issuing() as issuer:
        issuer.publish(RSA, EC, ED)
        yield issuer


@asynccontextmanager
async def reading(issuer: Issuer, patience: KeySetTimeouts | None = None) -> AsyncIterator[RemoteTokenReader]:
    """A reader that follows the issuer."""
    settings = Settings(_env_file=None, jwt_jwks_url=issuer.url)  # type: ignore[call-arg]
    reader = RemoteTokenReader(TokenReader(settings), RemoteKeys(issuer.url, patience))
    try:
        yield reader
    finally:
        await reader.aclose()


async def verdict(reader: RemoteTokenReader, token: str) -> str:
    """What becomes of a token: accepted, refused, or unavailable."""
    try:
        await reader.read(token)
    except InvalidToken:
        return "refused"
    except Unavailable:
        return "unavailable"
    return "accepted"


async def ask(running: Running, token: str) -> tuple[int, dict[str, Any]]:
    client = await running.client(None)
    answer = await client.get("/api/session", headers={"authorization": f"Bearer {token}"})
    return answer.status_code, answer.json()


@pytest.mark.parametrize("pair", [RSA, EC, ED], ids=["RS256", "ES256", "EdDSA"])
async def test_a_published_key_opens_the_whole_product(
    start: Start, issuer: Issuer, pair: Pair
) -> None:  # R19
    running = await start(packages=("tests.dropin",), jwt_jwks_url=issuer.url)
    status, body = await ask(running, issuer.token(pair, name="Ada Park"))
    assert (status, body["name"]) == (200, "Ada Park")
    assert (await ask(running, signed(OctKey.import_key(SECRET))))[0] == 401


async def test_keys_change_without_a_restart(start: Start, issuer: Issuer) -> None:  # R19
    running = await start(packages=("tests.dropin",), jwt_jwks_url=issuer.url)
    assert (await ask(running, issuer.token(RSA)))[0] == 200
    issuer.publish(NEW)
    assert (await ask(running, issuer.token(NEW)))[0] == 200
    assert (await ask(running, issuer.token(RSA)))[0] == 401


async def test_an_issuer_that_is_down_makes_no_token_invalid(start: Start, issuer: Issuer) -> None:  # R19
    running = await start(packages=("tests.dropin",), jwt_jwks_url=issuer.url)
    issuer.fail()
    client = await running.client(None)
    answer = await client.get("/api/session", headers={"authorization": f"Bearer {issuer.token(RSA)}"})
    assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE")
    assert int(answer.headers["retry-after"]) >= 1
    assert issuer.server.url.partition("//")[2] not in answer.text
    issuer.publish(RSA)
    assert (await ask(running, issuer.token(RSA)))[0] == 200


async def test_a_key_withdrawn_is_forgotten_though_nobody_asks_for_a_new_one(issuer: Issuer) -> None:  # R19
    async with reading(issuer, KeySetTimeouts(fresh=0.05)) as reader:
        assert await verdict(reader, issuer.token(RSA)) == "accepted"
        issuer.publish(EC)
        async with asyncio.timeout(60):
            while await verdict(reader, issuer.token(RSA)) == "accepted":
                await asyncio.sleep(0.02)
        assert await verdict(reader, issuer.token(EC)) == "accepted"


async def test_keys_are_fetched_once_for_all_who_need_them(issuer: Issuer) -> None:
    async with reading(issuer) as reader:
        assert set(await asyncio.gather(*(verdict(reader, issuer.token(RSA)) for _ in range(50)))) == {
            "accepted"
        }
        assert issuer.fetches == 1
        for pair in (RSA, EC, ED):
            assert await verdict(reader, issuer.token(pair)) == "accepted"
        assert issuer.fetches == 1


async def test_made_up_key_ids_cause_few_fetches(issuer: Issuer) -> None:  # R43
    async with reading(issuer, KeySetTimeouts(unknown=3, apart=0)) as reader:
        verdicts = [await verdict(reader, issuer.token(NEW, {"kid": f"made-up-{n}"})) for n in range(100)]
        assert set(verdicts) == {"refused"}
        assert issuer.fetches == 3
        assert await verdict(reader, issuer.token(RSA)) == "accepted"


async def rotated(issuer: Issuer, reader: RemoteTokenReader, source: str) -> str:
    """What becomes of a token of a key that was published just now, sent from this source."""
    issuer.publish(NEW)
    try:
        await reader.read(issuer.token(NEW), source)
    except InvalidToken:
        return "refused"
    return "accepted"


async def test_made_up_key_ids_are_at_the_cost_of_who_sends_them(issuer: Issuer) -> None:  # R57 R19
    async with reading(issuer, KeySetTimeouts(unknown=3, apart=0)) as reader:
        for number in range(100):
            with pytest.raises(InvalidToken):
                await reader.read(issuer.token(NEW, {"kid": f"made-up-{number}"}), "203.0.113.7")
        assert await rotated(issuer, reader, "198.51.100.1") == "accepted"


async def test_a_new_key_is_found_within_seconds_though_the_same_network_makes_ids_up(  # R57 R19
    issuer: Issuer,
) -> None:
    async with reading(issuer, KeySetTimeouts(unknown=3, apart=0, behind=0.05)) as reader:
        issuer.publish(NEW)
        made_up = (issuer.token(EC, {"kid": f"made-up-{number}"}) for number in count())
        fetched = issuer.fetches
        async with asyncio.timeout(60):
            while True:
                with suppress(InvalidToken):
                    await reader.read(next(made_up), "203.0.113.7")
                with suppress(InvalidToken):
                    await reader.read(issuer.token(NEW), "203.0.113.7")
                    break
        assert issuer.fetches > fetched


async def test_many_networks_together_cause_no_more_fetches_than_one_at_a_time(issuer: Issuer) -> None:  # R57
    async with reading(issuer, KeySetTimeouts(unknown=3, apart=60)) as reader:
        assert await verdict(reader, issuer.token(RSA)) == "accepted"
        asked = [
            asyncio.create_task(
                reader.read(issuer.token(NEW, {"kid": f"made-up-{number}"}), f"198.51.100.{number}")
            )
            for number in range(50)
        ]
        done, _ = await asyncio.wait(asked, timeout=0.05)
        assert (len(done), issuer.fetches) == (0, 1)
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 500 Down\r\nContent-Length: 0\r\n\r\n",
        reply(b"<html>Maintenance</html>"),
        reply(b'{"keys": []}'),
        reply(b'{"keys": {"kty": "RSA"}}'),
        reply(b"[]"),
        reply(b"{" * 10_000),
        b"",
        be_silent,
    ],
    ids=["500", "a page", "no keys", "no list", "no set", "nested", "nothing", "silence"],
)
async def test_the_last_good_keys_serve_for_a_while_when_the_issuer_fails(  # R19
    issuer: Issuer, answer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed = 0.0
    now = time.monotonic
    monkeypatch.setattr(jwks, "time", SimpleNamespace(monotonic=lambda: now() + passed))
    async with reading(issuer, SHORT) as reader:
        assert await verdict(reader, issuer.token(RSA)) == "accepted"
        issuer.fail(answer)
        passed += SHORT.fresh + 1
        assert [await verdict(reader, issuer.token(RSA)) for _ in range(3)] == ["accepted"] * 3
        assert await verdict(reader, issuer.token(NEW)) == "unavailable"
        passed += SHORT.trusted
        assert await verdict(reader, issuer.token(RSA)) == "unavailable"
        issuer.publish(RSA)
        async with asyncio.timeout(60):
            while await verdict(reader, issuer.token(RSA)) != "accepted":
                await asyncio.sleep(0.05)


async def test_a_slow_issuer_keeps_nobody_waiting_while_the_keys_are_good(issuer: Issuer) -> None:
    async with reading(issuer, KeySetTimeouts(fresh=0)) as reader:
        await reader.read(issuer.token(RSA))
        issuer.fail(be_silent)
        # Twenty waits for it would take 100 s.
        async with asyncio.timeout(60):
            for _ in range(20):
                assert await verdict(reader, issuer.token(RSA)) == "accepted"


async def test_the_key_decides_on_the_algorithm_not_the_token(issuer: Issuer) -> None:  # R19
    kid = {"kid": name(RSA)}
    pem = RSA.as_pem(private=False)
    tokens = [
        forged({"alg": "none", **kid}, claims()),
        forged({"alg": "HS256", **kid}, claims(), pem),
        forged({"alg": "HS256", **kid}, claims(), pem.strip()),
        *(signed(RSA, algorithm, kid) for algorithm in ("RS384", "RS512", "PS256")),
        signed(EC, "ES256", kid),
        signed(RSA, "RS256", {"kid": name(EC)}),
        signed(ED, "EdDSA", {"kid": name(EC)}),
    ]
    async with reading(issuer) as reader:
        assert [await verdict(reader, token) for token in tokens] == ["refused"] * len(tokens)
        assert await verdict(reader, signed(RSA, "RS256", kid)) == "accepted"


async def test_a_token_may_leave_out_which_key_it_is(issuer: Issuer) -> None:
    async with reading(issuer) as reader:
        assert await verdict(reader, signed(EC, "ES256")) == "accepted"
        assert await verdict(reader, signed(NEW, "ES256")) == "refused"


with warnings.catch_warnings(action="ignore"):
    WEAK_RSA = RSAKey.generate_key(1024)
P384 = ECKey.generate_key("P-384")


@pytest.mark.parametrize(
    ("published", "token"),
    [
        (WEAK_RSA.as_dict(private=False), lambda: signed(WEAK_RSA, "RS256")),
        (P384.as_dict(private=False), lambda: signed(P384, "ES384")),
        (OctKey.import_key(SECRET).as_dict(), lambda: signed(OctKey.import_key(SECRET))),
        ({**NEW.as_dict(private=False), "use": "enc"}, lambda: signed(NEW, "ES256")),
        ({**NEW.as_dict(private=False), "key_ops": ["deriveKey"]}, lambda: signed(NEW, "ES256")),
        ({**RSA.as_dict(private=False), "alg": "RS512"}, lambda: signed(RSA, "RS256")),
        ({**RSA.as_dict(private=False), "alg": "HS256"}, lambda: signed(RSA, "RS256")),
    ],
    ids=["RSA 1024", "P-384", "a secret", "encryption", "key agreement", "RS512", "HS256"],
)
async def test_keys_that_are_weak_or_for_something_else_are_not_used(  # R19
    issuer: Issuer, published: dict[str, Any], token: Any
) -> None:
    issuer.publish_set([published, ED.as_dict(private=False, kid=name(ED)), None, {"kty": "RSA"}, "key"])
    async with reading(issuer) as reader:
        assert await verdict(reader, token()) == "refused"
        assert await verdict(reader, issuer.token(ED)) == "accepted"


@pytest.mark.parametrize("field", ["jku", "x5u"])
async def test_nothing_but_the_configured_address_is_asked_for_keys(
    issuer: Issuer, field: str
) -> None:  # R20
    async with raw_servers() as serve:
        other = await serve()
        header = {field: f"{other.url}/keys.json", "kid": "mine", "jwk": NEW.as_dict(private=False)}
        async with reading(issuer) as reader:
            assert await verdict(reader, signed(NEW, "ES256", header)) == "refused"
            assert await verdict(reader, issuer.token(RSA, {field: header[field]})) == "accepted"
        issuer.fail(moved(f"{other.url}/keys.json"))
        async with reading(issuer) as reader:
            assert await verdict(reader, issuer.token(RSA)) == "unavailable"
        assert not other.requests


async def test_a_secret_beside_a_key_set_opens_nothing(issuer: Issuer) -> None:  # R19
    settings = Settings(_env_file=None, jwt_jwks_url=issuer.url, jwt_secret=SecretStr(SECRET))  # type: ignore[call-arg]
    reader = RemoteTokenReader(TokenReader(settings), RemoteKeys(issuer.url))
    assert await verdict(reader, signed(OctKey.import_key(SECRET))) == "refused"
    assert await verdict(reader, signed(OctKey.import_key(SECRET), header={"kid": name(RSA)})) == "refused"
    await reader.aclose()


@pytest.mark.parametrize("header", [["alg"], "alg", 1, None, {"kid": "a"}, {"alg": "RS256", "kid": ["a"]}])
async def test_strange_headers_are_refused_and_break_nothing(issuer: Issuer, header: Any) -> None:  # R19
    async with reading(issuer) as reader:
        assert await verdict(reader, forged(header, claims(), SECRET)) == "refused"
        assert await verdict(reader, "[" * 9000 + ".e30.e30") == "refused"
