"""API tokens that this installation signs itself."""

from __future__ import annotations

from joserfc import jwt
from joserfc.jwk import OctKey

from fluxstudio.core.identity.addresses import address_key, is_address
from fluxstudio.core.identity.token_reader import ACCOUNT_CLAIM
from fluxstudio.core.identity.users import User, Users
from fluxstudio.core.secrets import api_secret
from fluxstudio.kit.postgres.database import Database
from fluxstudio.settings import Settings, SettingsError


async def sign(settings: Settings, user: str, *, admin: bool, hours: float) -> str:
    """A token for the user of that subject or address, or for a new one where nobody has it.

    With `admin` it lets its user act as an administrator while it is valid; nobody becomes one by it.
    Raises `SettingsError` where public keys are configured, `AmbiguousUser` where several people could be
    meant or nobody has proven that the address is theirs.
    """
    from fluxstudio.core.database import database_of

    secret = api_secret(settings).jwt_secret
    if secret is None or settings.jwt_public_key or settings.jwt_jwks_url:
        raise SettingsError(
            ["Tokens can be signed here only with JWT_SECRET; you have configured public keys."]
        )
    async with database_of(settings) as target, Database(target) as db:
        people = Users(db)
        await people.fill_addresses(accounts_only=True)
        person = await people.find(user, verified=False)
        now = int((await db.now()).timestamp())
    claims: dict[str, object] = {
        **_of(person, user),
        "iat": now,
        "exp": now + round(hours * 3600),
        **({"role": "admin"} if admin else {}),
        **({"iss": settings.jwt_issuer} if settings.jwt_issuer else {}),
        **({"aud": settings.jwt_audience} if settings.jwt_audience else {}),
    }
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(secret.get_secret_value()))


def _of(person: User | None, name: str) -> dict[str, object]:
    """The claims that say who it is."""
    if person is not None and person.account:
        return {"sub": person.subject, ACCOUNT_CLAIM: True}
    has_address = is_address(name)
    subject = person.subject if person is not None else address_key(name) if has_address else name
    return {"sub": subject, **({"email": name.strip()} if has_address else {})}
