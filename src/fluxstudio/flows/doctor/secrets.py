"""How strong the secrets are, and who else can read them. No secret, nor a part of one, is ever shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fluxstudio.core.identity.jwks import MAX_KEY_SET_BYTES
from fluxstudio.core.registry import RegisteredProvider
from fluxstudio.core.secrets import JWT_SECRET_FILE
from fluxstudio.core.startup_checks import SIMULATED
from fluxstudio.core.tokens.vault import LOCAL_KEYS
from fluxstudio.flows.doctor.context import Context
from fluxstudio.flows.doctor.finding import SECRETS, Finding, listed, plural
from fluxstudio.kit.http import Host, HttpClient, HttpError
from fluxstudio.kit.jwk import key_set, public_key, secret_key
from fluxstudio.kit.sealing import Keyset
from fluxstudio.kit.strength import is_placeholder, weakness
from fluxstudio.settings import ENV_FILE, Settings, setting_name

SHORTEST_WEBHOOK_SECRET = 16
KEY_SET_TIMEOUT_SECONDS = 4
MAKE_ONE = "Make one with `openssl rand -base64 48`"


async def check(context: Context) -> list[Finding]:
    """API tokens, sealing keys, the secrets of providers, and the files that hold any of them."""
    settings = context.settings
    providers = (finding for entry in context.registry for finding in _of_provider(entry))
    return [await _api_tokens(settings), _sealing(settings), *providers, *_files(settings)]


def keyset_now(settings: Settings) -> Keyset | None:
    """The keys that seal tokens as they are now, None where there are none yet. Raises `ValueError`."""
    if settings.encryption_keys is not None:
        return Keyset.parse(settings.encryption_keys.get_secret_value())
    file = settings.home / LOCAL_KEYS
    return Keyset.parse(file.read_text("utf-8")) if file.is_file() else None


async def _api_tokens(settings: Settings) -> Finding:
    if settings.jwt_public_key:
        return _public_key(settings.jwt_public_key)
    if settings.jwt_jwks_url:
        return await _key_set(settings.jwt_jwks_url, settings.production)
    if settings.jwt_secret is None:
        file = settings.home / JWT_SECRET_FILE
        what = f"API tokens are checked with a secret of this installation, kept in {file}."
        return SECRETS.good("API tokens", what)
    secret = settings.jwt_secret.get_secret_value()
    mend = f"{MAKE_ONE}, set it here and where tokens are signed, then start FluxStudio again."
    try:
        secret_key(secret)
    except ValueError as error:
        return SECRETS.bad("JWT_SECRET", f"JWT_SECRET cannot be used: {error}.", mend)
    weak = weakness(secret)
    if weak is None:
        return SECRETS.good("JWT_SECRET", "It is long enough and looks random.")
    what = f"JWT_SECRET {weak}: who guesses it can act as anybody."
    judge = SECRETS.bad if settings.production else SECRETS.warning
    return judge("JWT_SECRET", what, mend)


def _public_key(text: str) -> Finding:
    name = "JWT_PUBLIC_KEY"
    try:
        public_key(text)
    except ValueError as error:
        mend = f"Set {name} to the whole public key, PEM or JWK, its line breaks written as \\n."
        return SECRETS.bad(name, f"{name} cannot be used: {error}.", mend)
    return SECRETS.good(name, "API tokens are checked with a public key.")


async def _key_set(url: str, production: bool) -> Finding:
    name = "JWT_JWKS_URL"
    if production and not url.startswith("https://"):
        what = f"{name} is not an https:// address, so anyone on the way can put in keys of their own."
        return SECRETS.bad(name, what, f"Set {name} to the https:// address of the key set.")
    http = HttpClient([Host(url, private=True)], seconds=KEY_SET_TIMEOUT_SECONDS, most=MAX_KEY_SET_BYTES)
    try:
        keys = key_set((await http.request("GET", url)).json())
    except (HttpError, ValueError) as error:
        mend = f"Open {name} in a browser on this machine: it has to show a JSON Web Key Set."
        return SECRETS.bad(name, f"API tokens cannot be checked: {str(error).rstrip('.')}.", mend)
    finally:
        await http.aclose()
    return SECRETS.good(name, f"API tokens are checked with {plural(len(keys), 'published key')}.")


def _sealing(settings: Settings) -> Finding:
    name = "ENCRYPTION_KEYS"
    file = settings.home / LOCAL_KEYS
    try:
        keyset = keyset_now(settings)
    except ValueError as error:
        if settings.encryption_keys is not None:
            mend = "Write it as id:base64,id:base64 with 32 bytes each, as `fluxstudio keys new` does."
            return SECRETS.bad(name, f"{name} cannot be read: {error}.", mend)
        mend = f"Put {file} back from a backup. Without it everybody has to connect again."
        return SECRETS.bad("Sealing keys", f"{file} is damaged: {error}.", mend)
    except OSError as error:
        mend = f"Let the user that FluxStudio runs as read {file}."
        return SECRETS.bad("Sealing keys", f"{file} cannot be read: {error.strerror}.", mend)
    if keyset is None:
        return SECRETS.good("Sealing keys", f"A key will be made at the first start and kept in {file}.")
    poor = [key_id for key_id, key in keyset.keys.items() if len(set(key)) < len(key) / 2]
    if poor:
        what = f"The sealing key {listed(f'“{key_id}”' for key_id in poor)} does not look random."
        mend = "Make another with `fluxstudio keys new`, go over to it with `fluxstudio keys rotate`."
        return (SECRETS.bad if settings.production else SECRETS.warning)(name, what, mend)
    place = f"in {file}: back it up" if settings.encryption_keys is None else f"in {name}"
    keys = listed(f"“{key_id}”" for key_id in keyset.keys)
    return SECRETS.good("Sealing keys", f"Tokens are sealed with keys kept {place}. Here: {keys}.")


def _of_provider(entry: RegisteredProvider) -> Iterator[Finding]:
    provider, settings = entry.provider, entry.settings
    if not entry.configured or settings.client_id.startswith(SIMULATED):
        return
    name = setting_name(provider.id, "client_secret")
    if is_placeholder(settings.client_secret):
        what = f"{name} is a placeholder, not what {provider.name} gave you."
        yield SECRETS.bad(name, what, f"Copy the client secret from your app at {provider.name}.")
    if provider.webhooks is None:
        return
    name = setting_name(provider.id, provider.webhooks.secret)
    secret = settings.others.get(provider.webhooks.secret, "")
    if secret:
        weak = weakness(secret, shortest=SHORTEST_WEBHOOK_SECRET)
        if weak is None:
            yield SECRETS.good(name, f"Webhooks of {provider.name} are checked with it.")
        else:
            what = f"{name} {weak}: who guesses it can send events in {provider.name}'s name."
            yield SECRETS.warning(name, what, f"{MAKE_ONE}, set it here and at {provider.name}.")
    elif provider.webhooks.passcodes is not None:
        yield SECRETS.good(name, f"Not needed: {provider.name} sends the passcode of each webhook.")
    else:
        what = f"{name} is not set, so every webhook of {provider.name} is refused."
        yield SECRETS.warning(name, what, f"Set {name} to the secret of your app at {provider.name}.")


def _files(settings: Settings) -> Iterator[Finding]:
    ours = [settings.home / LOCAL_KEYS, settings.home / JWT_SECRET_FILE, settings.home / "spool"]
    exposed = [file for file in ours if _exposed(file)]
    for file in exposed:
        mend = f"Close it with `chmod go= {file}`, and make new secrets if others use this machine."
        yield SECRETS.bad(file.name, f"Others on this machine can read {file}.", mend)
    if _exposed(ENV_FILE):
        what = "Others on this machine can read .env and the secrets in it."
        yield SECRETS.warning(".env", what, f"Close it with `chmod go= {ENV_FILE.absolute()}`.")
    elif not exposed and any(file.exists() for file in (*ours, ENV_FILE)):
        yield SECRETS.good("Files", "Only their owner can read the files that hold secrets.")


def _exposed(file: Path) -> bool:
    """Whether others than its owner may do anything with a file that is there."""
    try:
        return bool(file.stat().st_mode & 0o077)
    except OSError:
        return False
