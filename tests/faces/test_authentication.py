"""Which API tokens count, and whom they speak for."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from pydantic import SecretStr

from fluxstudio.core.identity.token_reader import TokenReader
from fluxstudio.core.identity.users import Claims
from fluxstudio.core.startup_checks import check_settings
from fluxstudio.errors import InvalidToken
from fluxstudio.settings import Settings, SettingsError
from tests.support.raw import raw_servers
from tests.support.running import SECRET, Running, Start
from tests.support.tokens import Key, claims, forged, signed

pytestmark = pytest.mark.filterwarnings("ignore:EdDSA is deprecated")

OURS, FOREIGN = OctKey.import_key(SECRET), OctKey.import_key("another-secret-another-secret-another")
RSA, EC, ED = RSAKey.generate_key(2048), ECKey.generate_key("P-256"), OKPKey.generate_key("Ed25519")
HS = {"alg": "HS256", "typ": "JWT"}
HOUR = 3600


def public(key: RSAKey | ECKey | OKPKey) -> str:
    return key.as_pem(private=False).decode()


def reader(**settings: Any) -> TokenReader:
    arguments: dict[str, Any] = settings or {"jwt_secret": SecretStr(SECRET)}
    return TokenReader(Settings(_env_file=None, **arguments))  # type: ignore[call-arg]


def accepts(token: str, **settings: Any) -> bool:
    """Whether a token counts. Whatever else happens but a refusal fails the test."""
    try:
        reader(**settings).read(token)
    except InvalidToken:
        return False
    return True


def test_a_token_signed_with_our_secret_is_accepted() -> None:  # R19
    assert reader().read(signed(OURS, name="Ada Park")) == Claims("ada", "ada@example.com", "Ada Park", None)


@pytest.mark.parametrize(("key", "algorithm"), [(RSA, "RS256"), (EC, "ES256"), (ED, "EdDSA")])
@pytest.mark.parametrize("written", ["PEM", "one line", "JWK"])
def test_a_public_key_decides_which_algorithm_counts(  # R19
    key: RSAKey | ECKey | OKPKey, algorithm: str, written: str
) -> None:
    text = {"PEM": public(key), "one line": public(key).replace("\n", "\\n")}.get(written)
    if text is None:
        text = str(key.as_dict(private=False)).replace("'", '"')
    assert accepts(signed(key, algorithm), jwt_public_key=text)
    for other, its_algorithm in ((RSA, "RS256"), (EC, "ES256"), (ED, "EdDSA")):
        assert accepts(signed(other, its_algorithm), jwt_public_key=text) == (other is key)


@pytest.mark.parametrize(
    "token",
    [
        signed(FOREIGN),
        forged({"alg": "none"}, claims()),
        forged({"alg": "None", "typ": "JWT"}, claims()),
        forged({"alg": "nOnE"}, claims(), SECRET),
        forged(HS, claims()),
        forged({"typ": "JWT"}, claims(), SECRET),
        forged({"alg": "HS512"}, claims(), SECRET),
        forged({"alg": ["HS256"]}, claims(), SECRET),
        forged({**HS, "crit": ["exp"]}, claims(), SECRET),
        forged({**HS, "b64": False, "crit": ["b64"]}, claims(), SECRET),
        signed(RSA, "RS256"),
        signed(OURS) + "a",
        signed(OURS).rsplit(".", 1)[0] + ".",
        signed(OURS).rsplit(".", 1)[0],
        "a.b.c",
        "...",
    ],
)
def test_no_other_token_is_accepted(token: str) -> None:  # R19
    assert not accepts(token)


@pytest.mark.parametrize("key", [RSA, EC, ED])
def test_a_public_key_never_serves_as_a_secret(key: RSAKey | ECKey | OKPKey) -> None:  # R19
    for text in (public(key), public(key).strip(), public(key).replace("\n", "\\n")):
        assert not accepts(forged(HS, claims(), text), jwt_public_key=public(key))
    assert not accepts(forged({"alg": "none"}, claims()), jwt_public_key=public(key))


def test_a_secret_beside_a_public_key_opens_nothing() -> None:  # R19
    both = {"jwt_secret": SecretStr(SECRET), "jwt_public_key": public(RSA)}
    assert accepts(signed(RSA, "RS256"), **both)
    assert not accepts(signed(OURS), **both)


@pytest.mark.parametrize("name", ["jku", "x5u"])
async def test_keys_a_token_points_to_are_never_fetched(name: str) -> None:  # R20
    async with raw_servers() as serve:
        server = await serve()
        header = {name: f"{server.url}/keys.json", "kid": "mine"}
        assert not accepts(signed(RSA, "RS256", header), jwt_public_key=public(RSAKey.generate_key(2048)))
        assert not accepts(forged({**HS, **header}, claims(), "a secret of the forger's own"))
        assert accepts(forged({**HS, **header}, claims(), SECRET))
        assert not server.requests


@pytest.mark.parametrize(("key", "algorithm"), [(RSA, "RS256"), (EC, "ES256"), (FOREIGN, "HS256")])
def test_a_key_that_a_token_brings_along_is_not_used(key: Key, algorithm: str) -> None:  # R20
    token = signed(key, algorithm, {"jwk": key.as_dict()})
    assert not accepts(token)
    assert not accepts(token, jwt_public_key=public(ECKey.generate_key("P-256")))


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": None},
        {"exp": time.time() - 60},
        {"exp": 0},
        {"exp": "9999999999"},
        {"exp": [time.time() + HOUR]},
        {"nbf": time.time() + HOUR},
        {"nbf": "now"},
        {"sub": None},
        {"sub": ""},
        {"sub": ["ada"]},
        {"sub": {"id": "ada"}},
        {"sub": True},
        {"sub": "a" * 256},
        {"sub": "ada\x00"},
        {"sub": "\ud800"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_token_without_sound_claims_is_refused(changes: dict[str, Any]) -> None:  # R21
    assert not accepts(forged(HS, claims(**changes), SECRET))


@pytest.mark.parametrize("payload", [[], "ada", 1, None, {}, {"sub": "ada"}])
def test_what_holds_no_claims_is_refused(payload: Any) -> None:  # R21
    assert not accepts(forged(HS, payload, SECRET))


def test_small_differences_between_clocks_are_forgiven() -> None:  # R21
    assert accepts(signed(OURS, exp=time.time() - 5, nbf=time.time() + 5))


@pytest.mark.parametrize(
    ("changes", "accepted"),
    [
        ({"iss": "https://issuer.example", "aud": "fluxstudio"}, True),
        ({"iss": "https://issuer.example", "aud": ["another", "fluxstudio"]}, True),
        ({"iss": "https://evil.example", "aud": "fluxstudio"}, False),
        ({"iss": "https://issuer.example/", "aud": "fluxstudio"}, False),
        ({"iss": "https://issuer.example", "aud": "another"}, False),
        ({"iss": "https://issuer.example", "aud": []}, False),
        ({"iss": "https://issuer.example", "aud": "fluxstudio2"}, False),
        ({"aud": "fluxstudio"}, False),
        ({"iss": "https://issuer.example"}, False),
    ],
    ids=str,
)
def test_issuer_and_audience_are_checked_when_configured(
    changes: dict[str, Any], accepted: bool
) -> None:  # R21
    expected = {"jwt_issuer": "https://issuer.example", "jwt_audience": "fluxstudio"}
    assert accepts(signed(OURS, **changes), jwt_secret=SecretStr(SECRET), **expected) == accepted


@given(st.text(max_size=200) | st.text("ey.J-_=A0", max_size=80))
@example(".".join(["e30"] * 5))
@example("é" * 100)
def test_garbage_is_refused_and_breaks_nothing(text: str) -> None:  # R19
    assert not accepts(text)


@given(place=st.floats(0, 1, exclude_max=True), changed=st.sampled_from("Aa0-_.="))
def test_no_character_of_a_token_can_be_changed(place: float, changed: str) -> None:  # R19
    token = signed(OURS)
    # The last character has two bits that no decoder looks at.
    at = int(place * (len(token) - 1))
    assume(token[at] != changed)
    assert not accepts(token[:at] + changed + token[at + 1 :])


@pytest.mark.parametrize("secret", ["short", "x" * 31, "é" * 15])
def test_production_refuses_a_secret_below_256_bit(secret: str) -> None:  # R22
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        env="production",
        jwt_secret=SecretStr(secret),
        encryption_keys=SecretStr("k1:" + "A" * 43 + "="),
        public_url="https://flux.example",
    )
    with pytest.raises(SettingsError, match="JWT_SECRET is shorter than 32 bytes"):
        check_settings(settings)


OTHER_CURVES = [public(ECKey.generate_key("P-384")), public(OKPKey.generate_key("X25519"))]


@pytest.mark.parametrize("text", ["", "nonsense", "{", "{}", "[1]", *OTHER_CURVES])
def test_a_public_key_that_cannot_be_used_stops_the_start(text: str) -> None:
    with pytest.raises(SettingsError, match="JWT_"):
        reader(jwt_public_key=text)


async def who(running: Running, token: str) -> tuple[int, dict[str, Any]]:
    client = await running.client(None)
    answer = await client.get("/api/session", headers={"authorization": f"Bearer {token}"})
    return answer.status_code, answer.json()


async def test_a_user_is_made_from_the_token_and_kept_up_to_date(product: Running) -> None:
    first = await who(product, signed(OURS, name="Ada"))
    assert first == (200, {"userId": "ada", "email": "ada@example.com", "name": "Ada", "role": "member"})
    later = await who(product, signed(OURS, name="Ada Park", role="admin", email=None))
    assert later == (200, {"userId": "ada", "email": "ada@example.com", "name": "Ada Park", "role": "admin"})
    assert await product.services.db.fetchval("SELECT count(*) FROM users") == 1


async def test_older_spellings_of_user_and_role_are_understood(product: Running) -> None:
    for changes, expected in (
        ({"sub": None, "id": "legacy", "userType": "admin"}, ("legacy", "admin")),
        ({"sub": None, "id": 42, "userType": "designer"}, ("42", "member")),
        ({"sub": "mei", "id": "other", "role": "member", "userType": "admin"}, ("mei", "member")),
    ):
        status, body = await who(product, signed(OURS, **changes))
        assert (status, body["userId"], body["role"]) == (200, *expected)


@pytest.mark.parametrize("text", ["\x00", "\ud800", "x" * 1000, "\u202e", "';--"])
async def test_whatever_name_a_token_gives_the_user_is_made(product: Running, text: str) -> None:
    status, body = await who(
        product, forged(HS, claims(name=f"Ada {text}", email=f"{text}@example.com"), SECRET)
    )
    assert (status, body["userId"]) == (200, "ada")


async def test_what_is_wrong_with_a_token_is_not_told(product: Running) -> None:  # R44
    answers = [
        await who(product, token)
        for token in (signed(FOREIGN), signed(OURS, exp=1), forged({"alg": "none"}, claims()), "garbage")
    ]
    assert {status for status, _ in answers} == {401}
    assert len({body.pop("requestId") for _, body in answers}) == len(answers)
    assert len({str(body) for _, body in answers}) == 1
    assert answers[0][1]["code"] == "INVALID_TOKEN"


@pytest.mark.parametrize("header", ["Basic YWRhOm5vdA==", "Bearer", "bearer x y", "Token x", "\xff\xfe"])
async def test_other_ways_to_authorize_are_refused(product: Running, header: str) -> None:
    client = await product.client(None)
    answer = await client.get("/api/integrations", headers=[(b"authorization", header.encode("latin-1"))])
    assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_TOKEN")
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'


async def test_a_token_counts_in_the_header_only(product: Running) -> None:  # R10
    token = product.token()
    client = await product.client(None)
    client.cookies.set("fluxstudio_session", token)
    for query in ({"access_token": token}, {"token": token}, {}):
        answer = await client.get("/api/integrations", params=query)
        assert (answer.status_code, answer.json()["code"]) == (401, "MISSING_TOKEN")


async def test_a_public_key_works_for_the_whole_product(start: Start) -> None:  # R19
    running = await start(packages=("tests.dropin",), jwt_public_key=public(RSA))
    assert (await who(running, signed(RSA, "RS256")))[0] == 200
    assert (await who(running, signed(OURS)))[0] == 401
