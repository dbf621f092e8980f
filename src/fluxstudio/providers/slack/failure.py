"""What Slack's answers mean.

Slack answers HTTP 200 with `{"ok": false, "error": code}`; only rate limits and outages use the HTTP status
(docs.slack.dev/apis/web-api; checked 2026-11-22). The codes are those of its method pages, checked that day.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit

from fluxstudio.errors import (
    FluxStudioError,
    Forbidden,
    InvalidRequest,
    NotFound,
    ProviderRateLimited,
    ProviderUnavailable,
    ScopeMissing,
)
from fluxstudio.kit.http import Garbage
from fluxstudio.sdk import (
    UNKNOWN_RETRY_SECONDS,
    Response,
    Unauthorized,
    http_failure,
    retry_after,
    split_scopes,
)

Part = TypeVar("Part")


DEAD_TOKEN = frozenset({"invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"})
TOO_FAST = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
OUT_OF_ORDER = frozenset(
    {"fatal_error", "internal_error", "service_unavailable", "request_timeout", "team_added_to_org"}
)

_NO_CHANNEL = (
    "Slack does not know {where}, or it is private and the app is not in it. Check it, or invite the "
    "app there with /invite @FluxStudio."
)
_ASK_ADMIN = "Ask a workspace admin to allow it, or choose another channel."

ERROR_SENTENCES: Mapping[str, tuple[type[FluxStudioError], str]] = {
    "channel_not_found": (NotFound, _NO_CHANNEL),
    "invalid_channel": (NotFound, _NO_CHANNEL),
    "file_not_found": (NotFound, "Slack no longer knows the file just uploaded. Send it again."),
    "not_in_channel": (
        InvalidRequest,
        "Slack says the app is not in {where}. Invite it with /invite @FluxStudio, then send again.",
    ),
    "is_archived": (
        InvalidRequest,
        "Slack says {where} is archived. Unarchive it there, or choose another channel.",
    ),
    "restricted_action": (Forbidden, f"Slack does not let the app post in {{where}}. {_ASK_ADMIN}"),
    "restricted_action_read_only_channel": (
        Forbidden,
        f"Slack lets only chosen people post in {{where}}. {_ASK_ADMIN}",
    ),
    "restricted_action_thread_only_channel": (
        InvalidRequest,
        "Slack takes only replies in {where}. Send a thread_ts, or choose another channel.",
    ),
    "restricted_action_non_threadable_channel": (
        InvalidRequest,
        "Slack takes no replies in {where}. Leave thread_ts out.",
    ),
    "posting_to_channel_denied": (Forbidden, f"Slack does not let the app post in {{where}}. {_ASK_ADMIN}"),
    "cannot_reply_to_message": (
        InvalidRequest,
        "Slack takes no reply to that message. Use the ts of the first message of its thread.",
    ),
    "thread_not_found": (
        NotFound,
        "Slack knows no message of that ts in {where}. Take the ts of a message from its history.",
    ),
    "no_text": (InvalidRequest, "Slack takes no empty messages. Send text or blocks."),
    "msg_too_long": (InvalidRequest, "The message is too long for Slack. Shorten it to 40,000 characters."),
    "msg_blocks_too_long": (InvalidRequest, "The blocks are too long for Slack. Shorten their texts."),
    "invalid_blocks": (InvalidRequest, "Slack did not accept the blocks. Correct them and send again."),
    "invalid_blocks_format": (InvalidRequest, "Slack could not read the blocks. Send a list of blocks."),
    "invalid_cursor": (InvalidRequest, "That page is no longer there. Begin again without a cursor."),
    "file_uploads_disabled": (
        Forbidden,
        "This workspace does not allow file uploads. Ask a workspace admin to allow them.",
    ),
    "file_upload_size_restricted": (
        Forbidden,
        "This workspace takes no files of that size. Send a smaller one, or ask a workspace admin.",
    ),
    "storage_limit_reached": (
        Forbidden,
        "This workspace has no room left for files. Delete some in Slack, then try again.",
    ),
    "team_access_not_granted": (
        Forbidden,
        "The app is not approved for that workspace. Ask an admin of the organisation to add it there.",
    ),
    "accesslimited": (
        Forbidden,
        "This workspace lets only some networks in. Ask a workspace admin to add this server’s.",
    ),
}

NOT_ALLOWED = frozenset(
    {
        "access_denied",
        "ekm_access_denied",
        "enterprise_is_restricted",
        "no_permission",
        "not_allowed_token_type",
        "org_login_required",
        "two_factor_setup_required",
    }
)


def slack_failure(response: Response) -> Exception | None:
    """The error for one of Slack's answers, or None. Raises `Garbage` for what is no answer of the Web API.

    Addresses outside `/api`, such as an upload's, answer in plain text and are judged by their status.
    """
    if response.status >= 400:
        return http_failure("Slack", response)
    if not urlsplit(response.url).path.rpartition("/")[0].endswith("/api"):
        return None
    answer = response.json()
    if not isinstance(answer, dict) or not isinstance(answer.get("ok"), bool):
        raise Garbage("Slack sent an answer without ok")
    return None if answer["ok"] else refusal(answer, response.headers)


def refusal(answer: Mapping[str, Any], headers: Mapping[str, str]) -> Exception:
    """The error an `ok: false` answer stands for."""
    code = str(answer.get("error") or "unknown_error")[:80]
    if code in DEAD_TOKEN:
        return Unauthorized(code)
    if code in TOO_FAST:
        wait = retry_after(headers, UNKNOWN_RETRY_SECONDS)
        return ProviderRateLimited(
            f"Slack asks us to wait before the next call. Try again in {max(1, round(wait))} seconds.", wait
        )
    if code in OUT_OF_ORDER:
        return ProviderUnavailable(
            "Slack is not working right now. Try again in a minute.", providerError=code
        )
    if code == "missing_scope":
        return _scope_missing(split_scopes(answer.get("needed")) or ())
    return error_for(code, reasons=_reasons(answer))


def error_for(code: str, *, where: str = "that channel", reasons: str = "") -> FluxStudioError:
    """The error for what Slack says of a request; `where` names the channel it was about, as in `#design`."""
    if code in ERROR_SENTENCES:
        kind, sentence = ERROR_SENTENCES[code]
        words = "" if kind is Forbidden else reasons
        return kind(sentence.format(where=where) + words, providerError=code)
    if code in NOT_ALLOWED:
        return Forbidden("Slack does not let the app do that. Ask a workspace admin.", providerError=code)
    return InvalidRequest(
        f"Slack did not accept the request ({code}).{reasons} Correct it and send it again.",
        providerError=code,
    )


def about_channel(error: FluxStudioError) -> str | None:
    """Slack's code of an error whose sentence names the channel, or None."""
    code = error.details.get("providerError")
    return code if isinstance(code, str) and "{where}" in ERROR_SENTENCES.get(code, (None, ""))[1] else None


def expected(answer: Mapping[str, Any], name: str, kind: type[Part]) -> Part:
    """A part of an answer that Slack always sends. Raises `ProviderUnavailable` where it is missing."""
    value = answer.get(name)
    if not isinstance(value, kind):
        raise ProviderUnavailable(
            "Slack sent an answer that cannot be read right now. Try again in a minute."
        )
    return value


def _scope_missing(scopes: tuple[str, ...]) -> ScopeMissing:
    permission = " or ".join(scopes) or "that it does not name"
    return ScopeMissing(
        f"This needs the Slack permission {permission}, which the workspace has not granted. "
        "Grant access on the integrations page, then try again.",
        scopes,
    )


def _reasons(answer: Mapping[str, Any]) -> str:
    metadata = answer.get("response_metadata")
    messages = metadata.get("messages") if isinstance(metadata, dict) else None
    if not isinstance(messages, list) or not messages:
        return ""
    text = "; ".join(str(message).removeprefix("[ERROR] ") for message in messages[:3])
    return f" It says: {text[:300]}"
