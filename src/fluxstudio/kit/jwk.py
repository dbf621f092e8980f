"""Keys that signatures are checked with. Each stands for one algorithm, whatever a token says of its own."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from joserfc.errors import JoseError, SecurityWarning, UnsupportedAlgorithmError
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from joserfc.jws import CompactSignature, JWSRegistry, extract_compact, validate_compact

Pair = RSAKey | ECKey | OKPKey

MIN_RSA_BITS = 2048
# What the library takes at all; see `strength` for what is to be used.
SHORTEST_SECRET = 14
ALGORITHMS: Mapping[str, tuple[str, ...]] = {
    "RSA": ("RS256",),
    "EC": ("ES256",),
    # RFC 9864 (October 2025) renames EdDSA after its curve; both names are in use.
    "OKP": ("EdDSA", "Ed25519"),
    "oct": ("HS256",),
}
CURVES = {"EC": "P-256", "OKP": "Ed25519"}
KINDS: Mapping[str, type[Pair]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}
# Parameters of public keys (RFC 7518, 6.2.1 and 6.3.1; RFC 8037, 2), and nothing else of a key.
PUBLIC = ("kty", "crv", "x", "y", "n", "e")
MOST_KEYS = 100
UNREADABLE = (JoseError, ValueError, TypeError, LookupError, AttributeError, RecursionError)


class NotSigned(Exception):
    """This is not a token, or the key did not sign it."""


class _Registry(JWSRegistry):
    """Lets headers that name or carry keys of their own pass: nothing reads them."""

    max_header_length = 8192

    def get_alg(self, name: str) -> Any:
        if name not in (self.allowed or ()):
            raise UnsupportedAlgorithmError(name)
        return self.algorithms[name]


_READER = _Registry()


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """A key, its id where it has one, and the algorithms that it may be used with."""

    key: Pair | OctKey = field(repr=False)
    kid: str | None = None
    registry: JWSRegistry = field(init=False, repr=False)

    def __post_init__(self) -> None:
        registry = _Registry(algorithms=ALGORITHMS[self.key.key_type], strict_check_header=False)
        object.__setattr__(self, "registry", registry)

    def signed(self, token: CompactSignature) -> bool:
        """Whether this key signed the token, with the algorithm the key is for."""
        try:
            return validate_compact(token, self.key, registry=self.registry)
        except UNREADABLE:
            return False


def parse(token: str) -> CompactSignature:
    """A token in its parts, none of which is to be trusted yet. Raises `NotSigned`."""
    try:
        signature = extract_compact(token.encode(), registry=_READER)
        critical = signature.headers().get("crit") is not None
    except UNREADABLE:
        raise NotSigned("this is not a signed token") from None
    if critical:
        raise NotSigned("this token uses an extension that is not known here")
    return signature


def secret_key(secret: str) -> VerificationKey:
    """The key of HS256 tokens. Raises `ValueError` for a short one, and for a public key."""
    if len(secret.encode()) < SHORTEST_SECRET:
        raise ValueError(f"it is shorter than {SHORTEST_SECRET} bytes ({SHORTEST_SECRET * 8} bits)")
    with warnings.catch_warnings():
        warnings.simplefilter("error", SecurityWarning)
        try:
            return VerificationKey(OctKey.import_key(secret))
        except SecurityWarning:
            raise ValueError("this looks like a key pair's public part") from None


def public_key(text: str) -> VerificationKey:
    """The public key in a PEM or JWK text. Raises `ValueError` saying what is wrong with it."""
    text = text.replace("\\n", "\n").strip()
    if text.startswith("{"):
        try:
            return from_jwk(json.loads(text))
        except RecursionError:
            raise ValueError("it is not a JSON Web Key") from None
    for kind in KINDS.values():
        try:
            key = _imported(kind, text)
        except UNREADABLE:
            continue
        return VerificationKey(_strong(key))
    raise ValueError("it is not a public key in PEM or JWK form")


def from_jwk(jwk: Mapping[str, Any]) -> VerificationKey:
    """The public key in a JSON Web Key (RFC 7517). Raises `ValueError` saying what is wrong with it."""
    kty = jwk.get("kty")
    kind = KINDS.get(kty) if isinstance(kty, str) else None
    if kind is None or not isinstance(kty, str):
        raise ValueError("it is neither an RSA, nor an EC, nor an Ed25519 key")
    operations = jwk.get("key_ops")
    if jwk.get("use", "sig") != "sig" or (isinstance(operations, list) and "verify" not in operations):
        raise ValueError("it is not for checking signatures")
    if jwk.get("alg", ALGORITHMS[kty][0]) not in ALGORITHMS[kty]:
        raise ValueError(f"it is for another algorithm than {ALGORITHMS[kty][0]}")
    try:
        key = _imported(kind, {name: jwk[name] for name in PUBLIC if name in jwk})
    except UNREADABLE:
        raise ValueError(f"it is not a whole {kty} key") from None
    kid = jwk.get("kid")
    return VerificationKey(_strong(key), kid if isinstance(kid, str) else None)


def _imported(kind: type[Pair], text: str | dict[str, Any]) -> Pair:
    with warnings.catch_warnings():
        # What the library warns of, `_strong` refuses.
        warnings.simplefilter("ignore", SecurityWarning)
        return kind.import_key(text)


def _strong(key: Pair) -> Pair:
    if key.is_private:
        raise ValueError("it is a private key: give only its public part")
    if isinstance(key, RSAKey):
        raw = key.raw_value
        assert isinstance(raw, RSAPublicKey | RSAPrivateKey)
        if raw.key_size < MIN_RSA_BITS:
            raise ValueError(f"it has {raw.key_size} bits, {MIN_RSA_BITS} are the least")
    elif key.curve_name != CURVES[key.key_type]:
        raise ValueError(f"its curve is {key.curve_name}, only {CURVES[key.key_type]} is taken")
    return key


def key_set(document: Any) -> tuple[VerificationKey, ...]:
    """The usable keys of a JSON Web Key Set; others are left out. Raises `ValueError` where there is none."""
    listed = document.get("keys") if isinstance(document, Mapping) else None
    keys = []
    for jwk in listed[:MOST_KEYS] if isinstance(listed, list) else []:
        try:
            keys.append(from_jwk(jwk))
        except (ValueError, AttributeError, TypeError):
            continue
    if not keys:
        raise ValueError("there is no usable key in it")
    return tuple(keys)
