"""Redis, where one is configured."""

from __future__ import annotations

from fluxstudio.flows.doctor.context import Context
from fluxstudio.flows.doctor.finding import MACHINE, Finding

NAME = "REDIS_URL"
REDIS_TIMEOUT_SECONDS = 3


async def check(context: Context) -> list[Finding]:
    """Whether the configured Redis answers, and which it is."""
    url = context.settings.redis_url
    if url is None:
        what = "Not used: each process counts limits for itself. Set REDIS_URL to share them."
        return [MACHINE.good("Redis", what)]
    return [await _ping(url.get_secret_value())]


async def _ping(url: str) -> Finding:
    from redis.asyncio import Redis
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff
    from redis.exceptions import AuthenticationError, NoPermissionError, RedisError, ResponseError

    try:
        client = Redis.from_url(
            url,
            socket_connect_timeout=REDIS_TIMEOUT_SECONDS,
            socket_timeout=REDIS_TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
    except ValueError:
        mend = "Write it as redis://user:password@host:6379/0, or rediss:// for TLS."
        return MACHINE.bad(NAME, "REDIS_URL is not the address of a Redis server.", mend)
    try:
        version = (await client.info("server")).get("redis_version", "of unknown version")
    except AuthenticationError:
        mend = "Correct user name and password in REDIS_URL; characters such as # / @ have to be %-encoded."
        return MACHINE.bad(NAME, "Redis does not accept our user name or password.", mend)
    except NoPermissionError:
        return MACHINE.good("Redis", "Redis answers, and does not tell our user its version.")
    except (RedisError, OSError, ValueError) as error:
        reaction = "answers with an error" if isinstance(error, ResponseError) else "does not answer"
        mend = "Start Redis, correct REDIS_URL, or leave it empty: each process then counts for itself."
        return MACHINE.bad(NAME, f"Redis {reaction}.", mend)
    finally:
        await client.aclose()
    return MACHINE.good("Redis", f"Redis {version} answers.")
