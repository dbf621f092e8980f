"""What a process keeps for questions: databases, what is planned over them, and recent answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cachetools import TTLCache

from fluxstudio.core.ask.databases import Askable, FurtherDatabase, OwnDatabase
from fluxstudio.core.ask.language_model import LanguageModel
from fluxstudio.kit.postgres.database import ChannelSubscription, Database

ANSWER_SECONDS = 300.0
MOST_ANSWERS = 2_000
CHANNEL = "fluxstudio_ask_cleared"


class AskState:
    """Databases, compiled schemas and kept answers.

    Attributes:
        databases: by name, the product's own first.
        answers: by user, database and question; each is kept for five minutes.
        model: what is asked where the built-in planner does not understand; None where none is configured.
        planners: what flows made of the schemas, by database and whether it is an administrator's.
    """

    def __init__(self, db: Database, further: Mapping[str, str], model: LanguageModel | None = None) -> None:
        self._db = db
        self.model = model
        own = OwnDatabase(db)
        self.databases: dict[str, Askable] = {own.name: own}
        self.databases |= {name: FurtherDatabase(name, dsn) for name, dsn in further.items()}
        self.answers: TTLCache[tuple[object, ...], Any] = TTLCache(MOST_ANSWERS, ANSWER_SECONDS)
        self.planners: dict[tuple[str, bool], Any] = {}
        self._following: ChannelSubscription | None = None

    @property
    def names(self) -> Sequence[str]:
        """The names of the databases."""
        return list(self.databases)

    async def follow(self) -> None:
        """From now on forget answers whenever any process is told to."""
        if self._following is None:
            self._following = await self._db.listen(CHANNEL, self._forget)

    async def clear(self) -> None:
        """Forget all answers and schemas, here and in every other process."""
        self._forget("")
        await self._db.execute(f"NOTIFY {CHANNEL}")

    async def aclose(self) -> None:
        """Close what is open to the language model."""
        if self.model is not None:
            await self.model.aclose()

    def _forget(self, _: str) -> None:
        self.answers.clear()
        self.planners.clear()
