"""Asking a language model over HTTP: any OpenAI-compatible endpoint, or Anthropic's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from fluxstudio.kit import json
from fluxstudio.kit.http import Host, HttpClient, HttpError
from fluxstudio.settings import Settings

ANTHROPIC_URL = "https://api.anthropic.com/v1"
ANTHROPIC_VERSION = "2023-06-01"
# What is asked for with ANTHROPIC_API_KEY where LLM_MODEL names nothing.
ANTHROPIC_MODEL = "claude-sonnet-4-5"
MODEL_SECONDS = 10.0
MOST_REPLY_BYTES = 256 * 1024
MOST_REPLY_TOKENS = 2_000

# Where below the address, with which headers and which body.
_Request: TypeAlias = tuple[str, Mapping[str, str], Mapping[str, Any]]


class ModelFailed(Exception):
    """The language model gave no usable answer. The message says why, without a key or what it wrote."""


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One turn of a conversation."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Which model to ask, where, and in which of the two forms."""

    api: Literal["openai", "anthropic"]
    url: str
    model: str
    key: str = field(default="", repr=False)


class LanguageModel:
    """A model behind one address, at which nothing else is ever asked."""

    def __init__(self, chosen: ModelSettings, *, seconds: float = MODEL_SECONDS) -> None:
        self._chosen = chosen
        # The operator names the address, which may be that of a model in the same network.
        self._http = HttpClient([Host(chosen.url, private=True)], seconds=seconds, most=MOST_REPLY_BYTES)

    async def complete(self, instructions: str, conversation: Sequence[ChatMessage]) -> str:
        """What the model says next.

        Args:
            instructions: what holds for the whole conversation.
            conversation: the turns so far, the first and the last by the user.

        Raises:
            ModelFailed: no answer within ten seconds and 256 KB, or not one with text.
        """
        turns = [{"role": one.role, "content": one.text} for one in conversation]
        if self._chosen.api == "anthropic":
            path, headers, body = self._for_anthropic(instructions, turns)
        else:
            path, headers, body = self._for_openai(instructions, turns)
        try:
            response = await self._http.request(
                "POST",
                f"{self._chosen.url}{path}",
                headers={"content-type": "application/json", **headers},
                content=json.encode(body),
            )
            if response.status != 200:
                # The body stays unread: some name the key in it.
                raise ModelFailed(f"it answered with status {response.status}")
            return _text(response.json())
        except HttpError as error:
            raise ModelFailed(str(error)) from None

    def _for_openai(self, instructions: str, turns: list[dict[str, str]]) -> _Request:
        # No bound on tokens and no temperature: models differ in what they take, and bytes are bounded.
        body = {
            "model": self._chosen.model,
            "messages": [{"role": "system", "content": instructions}, *turns],
        }
        key = self._chosen.key
        return "/chat/completions", {"authorization": f"Bearer {key}"} if key else {}, body

    def _for_anthropic(self, instructions: str, turns: list[dict[str, str]]) -> _Request:
        body = {
            "model": self._chosen.model,
            "max_tokens": MOST_REPLY_TOKENS,
            "system": instructions,
            "messages": turns,
        }
        return "/messages", {"x-api-key": self._chosen.key, "anthropic-version": ANTHROPIC_VERSION}, body

    async def aclose(self) -> None:
        """Close every connection."""
        await self._http.aclose()


def _text(answer: Any) -> str:
    """The text in an answer of either form. Raises `ModelFailed` where there is none."""
    match answer:
        case {"choices": [{"message": {"content": str(text)}}, *_]}:
            return text
        case {"content": [*blocks]}:
            texts = [one["text"] for one in blocks if _is_text(one)]
            if texts:
                return "".join(texts)
    raise ModelFailed("its answer holds no text")


def _is_text(block: Any) -> bool:
    return isinstance(block, Mapping) and block.get("type") == "text" and isinstance(block.get("text"), str)


def language_model_of(settings: Settings) -> LanguageModel | None:
    """The model that the settings name, if they name one."""
    key = settings.llm_api_key.get_secret_value() if settings.llm_api_key else ""
    if settings.llm_base_url and settings.llm_model:
        url = settings.llm_base_url.rstrip("/")
        return LanguageModel(ModelSettings("openai", url, settings.llm_model, key))
    if settings.anthropic_api_key is not None:
        model = settings.llm_model or ANTHROPIC_MODEL
        key = settings.anthropic_api_key.get_secret_value()
        return LanguageModel(ModelSettings("anthropic", ANTHROPIC_URL, model, key))
    return None
