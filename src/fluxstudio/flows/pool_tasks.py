"""What the worker processes do: reading large events, working out people's rules, planning questions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from fluxstudio.core.registry import Registry
from fluxstudio.flows.ask import planning
from fluxstudio.flows.ask.question_worker import QuestionWorker
from fluxstudio.flows.automations.evaluation import tasks
from fluxstudio.flows.webhooks import large_events, parsing, revision
from fluxstudio.sdk import Provider
from fluxstudio.settings import ProviderSettings


def prepare(argument: Mapping[str, Any]) -> Callable[[str, bytes], bytes]:
    """The handler of a worker: `argument` names the `packages` of the installation's providers."""
    modules = [import_module(package) for package in argument["packages"]]
    providers = [
        (value, module.__name__)
        for module in modules
        for value in vars(module).values()
        if isinstance(value, Provider)
    ]
    registry = Registry(providers, lambda _: ProviderSettings())
    questions = QuestionWorker()

    def handle(task: str, argument: bytes) -> bytes:
        match task:
            case "read_event":
                return parsing.read_in_worker(registry, argument)
            case "abridge_event":
                return large_events.abridge_in_worker(argument)
            case "revise_event":
                return revision.revise_in_worker(registry, argument)
            case planning.TASK:
                return questions.answer(argument)
        return tasks.work_out(registry, task, argument)

    return handle
