"""Names are the field's words, and each stands for one thing; docs/glossary.md tells them."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from tests.house.repository import ROOT, SOURCE, files, tree_of

# What a name says that holds something: how it was come by, and not what it is.
PARTICIPLES = frozenset({"found", "known", "said", "given", "kept", "told"})

# Words of classes, functions and variables that were given up, and what is said instead.
RETIRED = {
    "Ahead": "FastPath",
    "Allowances": "InboundLimits",
    "Arrival": "WebhookEvent",
    "Asking": "SubscribeForm",
    "Chore": "PeriodicTask",
    "Consent": "AuthorizationResult",
    "Door": "GitHubApi",
    "Echo": "SelfEvents",
    "Filling": "TemplateForm",
    "Gate": "Authenticator",
    "Guard": "SecurityMiddleware",
    "KeyCare": "KeyService",
    "Letter": "OutgoingWebhook",
    "MeasuredHttp": "InstrumentedHttp",
    "Paper": "RuleForm",
    "Patient": "Context",
    "People": "Users",
    "Piece": "StreamEvent",
    "Reception": "WebhookIngest",
    "Standing": "SubscriptionHealth",
    "Together": "Batcher",
    "Trial": "DryRun",
    "Tried": "DryRunResult",
    "Writing": "EditSession",
    "ECHO": "SELF_EVENTS",
    "MEANS": "EVENT_LABELS",
    "PATIENCE": "the constant's own name with its unit, such as SKELETON_AFTER_SECONDS",
    "LONGEST": "MAX_…_CHARACTERS or MAX_…_SECONDS",
    "LARGEST": "MAX_…_BYTES",
    "DEEPEST": "MAX_…_DEPTH",
    "allowances": "inbound_limits",
    "arrival": "webhook_event",
    "arrivals": "webhook_events",
    "care": "service",
    "happenings": "event_types",
    "chore": "task",
    "chores": "periodic_tasks",
    "gate": "authenticator",
    "patience": "timeouts, or max_wait_seconds",
    "patient": "context",
    "reception": "ingest",
    "trial": "dry_run",
    "upkeep": "maintenance",
}
RETIRED_MODULES = {
    "ahead": "fast_path",
    "allowances": "rate_limits/inbound",
    "budgets": "rate_limits/provider",
    "calls": "api",
    "door": "api",
    "echo": "self_events",
    "figures": "metrics/cluster",
    "gate": "api",
    "guard": "middleware/security",
    "happenings": "event_types",
    "keeping": "ports",
    "mail": "webhook_sender",
    "news": "event_stream",
    "telling": "event_text",
    "together": "batching",
}
# Where such a word is the exact one.
MODULES_THAT_MAY = {"core/agents/calls.py", "sdk/simulation/budgets.py", "flows/ask/guard.py"}
GLOSSARY = ROOT / "docs" / "glossary.md"


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the source, by its path below the package."""
    return {path.relative_to(SOURCE).as_posix(): tree_of(path) for path in sorted(SOURCE.rglob("*.py"))}


def all_python() -> dict[str, ast.Module]:
    """Every module of the repository, tests and tools among them, by its path."""
    return {path.relative_to(ROOT).as_posix(): tree_of(path) for path in files() if path.suffix == ".py"}


def bindings(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every name that code gives to something, with its line."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                yield name, node.lineno
            case ast.Attribute(attr=name, ctx=ast.Store()):
                yield name, node.lineno
            case ast.arg(arg=name) | ast.keyword(arg=str(name)):
                yield name, node.lineno
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name, node.lineno
            case ast.MatchAs(name=str(name)) | ast.ExceptHandler(name=str(name)):
                yield name, node.lineno
            case ast.alias(asname=str(name)):
                yield name, 0
            case _:
                pass


def bound(words: Iterable[str], trees: Mapping[str, ast.Module]) -> list[str]:
    """Where code gives one of these names to something."""
    wanted = frozenset(words)
    return [
        f"{path}:{line}: {name}"
        for path, tree in trees.items()
        for name, line in bindings(tree)
        if name in wanted or name.strip("_") in wanted
    ]


def classes() -> dict[str, list[str]]:
    """Where each class name is defined."""
    places: dict[str, list[str]] = defaultdict(list)
    for path, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(f"{path}:{node.lineno}")
    return places


def numbers(tree: ast.Module) -> Iterator[str]:
    """The constants of a module that are numbers or spans of time."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and is_number(node.value):
            yield node.targets[0].id


def is_number(value: ast.expr) -> bool:
    """Whether an expression is a number, worked out of numbers, or a `timedelta`."""
    if isinstance(value, ast.Call):
        return ast.unparse(value.func) == "timedelta"
    if isinstance(value, ast.BinOp):
        return is_number(value.left) and is_number(value.right)
    return isinstance(value, ast.Constant) and type(value.value) in {int, float}


def test_variables_are_named_after_what_they_hold() -> None:
    assert bound(PARTICIPLES, all_python()) == []


def test_variables_in_scripts_are_named_after_what_they_hold() -> None:
    named = re.compile(
        rf"\b(?:const|let|var|function)\s+({'|'.join(PARTICIPLES)})\b|[({{,]\s*({'|'.join(PARTICIPLES)})\s*[,)}}]\s*="
    )
    assert [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in files()
        if path.suffix in {".js", ".mjs"}
        for match in named.finditer(path.read_text("utf-8"))
    ] == []


def test_words_that_were_given_up_do_not_come_back() -> None:
    assert [
        f"{place}: say {RETIRED[place.rpartition(' ')[2].strip('_')]}" for place in bound(RETIRED, modules())
    ] == []


def test_modules_are_called_by_the_words_of_the_glossary() -> None:
    assert [
        f"{path}: say {RETIRED_MODULES[stem]}"
        for path in modules()
        if path not in MODULES_THAT_MAY and (stem := Path(path).stem) in RETIRED_MODULES
    ] == []


def test_documents_use_no_word_that_was_given_up() -> None:
    spans = {
        f"{path.relative_to(ROOT)}: {span}"
        for path in files()
        if path.suffix == ".md" and "decisions" not in path.parts and path.name != "CHANGELOG.md"
        for span in re.findall(r"`([^`\n]+)`", path.read_text("utf-8"))
        for name in re.findall(r"(?<![\w./-])[A-Za-z]\w*(?![\w/-])", span)
        if name in RETIRED
    }
    assert spans == set()


def test_a_class_name_stands_for_one_thing() -> None:
    assert {name: places for name, places in classes().items() if len(places) > 1} == {}


def test_a_number_has_a_name_of_its_own() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path, tree in modules().items():
        for name in numbers(tree):
            places[name].append(path)
    assert {name: paths for name, paths in places.items() if len(paths) > 1} == {}


def test_every_name_in_the_glossary_is_in_the_code() -> None:
    rows = [line.split("|") for line in GLOSSARY.read_text("utf-8").splitlines() if line.startswith("| ")]
    named = {name for row in rows for name in re.findall(r"`([\w.]+)`", row[3])}
    there = {name for tree in modules().values() for name, _ in bindings(tree)}
    assert len(named) > 90
    assert {name for name in named if not set(name.split(".")) <= there} == set()
