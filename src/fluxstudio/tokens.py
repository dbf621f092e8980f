"""API tokens that this installation signs itself."""

from __future__ import annotations

from contextlib import suppress

from joserfc import jwt
from joserfc.jwk import OctKey

from fluxstudio.core.people import People
from fluxstudio.kit.postgres.database import Database
from fluxstudio.secrets import api_secret
from fluxstudio.settings import Settings, SettingsError


async def sign(settings: Settings, email: str, *, admin: bool, hours: float) -> str:
    """A token for the user with that address, or for a new one where nobody has it.

    Raises `SettingsError` where public keys are configured.
    """
    from fluxstudio.app import database_of

    secret = api_secret(settings).jwt_secret
    if secret is None or settings.jwt_public_key or settings.jwt_jwks_url:
        raise SettingsError(
            ["Tokens can be signed here only with JWT_SECRET; you have configured public keys."]
        )
    subject = email
    async with database_of(settings) as target, Database(target) as db:
        with suppress(LookupError):
            subject = await People(db).subject_of(email)
        now = int((await db.now()).timestamp())
    claims: dict[str, object] = {
        "sub": subject,
        "email": email,
        "iat": now,
        "exp": now + round(hours * 3600),
        **({"role": "admin"} if admin else {}),
        **({"iss": settings.jwt_issuer} if settings.jwt_issuer else {}),
        **({"aud": settings.jwt_audience} if settings.jwt_audience else {}),
    }
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(secret.get_secret_value()))
