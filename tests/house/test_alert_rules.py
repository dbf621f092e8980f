"""The rules for Prometheus: it can read them, every figure they name exists, and we look at the same."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client import Counter, Histogram
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from fluxstudio.core.metrics import counters
from fluxstudio.core.metrics.cluster import ClusterSnapshot, families
from fluxstudio.flows.alerts import CONDITIONS, MAX_QUEUE_WAIT_SECONDS, QUEUE_STUCK, AlertCondition
from fluxstudio.kit.postgres.database import Database
from tests.house.repository import ROOT

RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load(files("fluxstudio").joinpath("ops/alerts.yml").read_text())["groups"]
    for rule in group["rules"]
]
BY_NAME = {rule["alert"]: rule for rule in RULES}
every_rule = pytest.mark.parametrize("rule", RULES, ids=BY_NAME)
every_condition = pytest.mark.parametrize("condition", CONDITIONS, ids=lambda condition: condition.name)

LITERAL = re.compile(r'(\w+)(=~?)"([^"]*)"')


def shown() -> dict[str, set[str]]:
    """What `GET /metrics` shows: the names of series, each with the labels it can have."""
    kinds = {family.name: family for family in counters.registry.collect()}
    own = {sample.name for family in kinds.values() for sample in family.samples}
    declared = {
        f"{family.name}_total": set(counter._labelnames)
        for counter in vars(counters).values()
        if isinstance(counter, Counter)
        for family in counter.collect()
    }
    buckets = {
        f"{histogram._name}_bucket": {*histogram._labelnames, "le"}
        for histogram in vars(counters).values()
        if isinstance(histogram, Histogram)
    }
    of_database = {
        family.name: set(getattr(family, "_labelnames", ()))
        for family in families(ClusterSnapshot(True, 0.0), Database("postgresql://"))
    }
    return {**{name: set[str]() for name in own}, **of_database, **buckets, **declared}


def selectors(expression: object) -> Iterator[promql_parser.VectorSelector]:
    """Every selection of series in an expression."""
    if isinstance(expression, promql_parser.VectorSelector):
        yield expression
    elif isinstance(expression, promql_parser.MatrixSelector):
        yield expression.vector_selector
    for name in ("lhs", "rhs", "expr", "args"):
        part = getattr(expression, name, None)
        for inner in part if isinstance(part, list) else [part]:
            if inner is not None and inner is not expression:
                yield from selectors(inner)


def labels_of(selector: promql_parser.VectorSelector) -> set[str]:
    """The labels that a selection names."""
    return set(re.findall(r'(\w+)=~?"', selector.prettify()))


@every_rule
def test_prometheus_understands_every_rule(rule: dict[str, Any]) -> None:
    promql_parser.parse(rule["expr"])
    assert rule.keys() <= {"alert", "expr", "for", "keep_firing_for", "labels", "annotations"}
    for key in ("for", "keep_firing_for"):
        assert re.fullmatch(r"\d+[smh]", rule.get(key, "1m"))
    assert rule["labels"]["severity"] in {"warning", "critical"}
    assert all(rule["annotations"][name].endswith(".") for name in ("summary", "mend"))


@every_rule
def test_every_figure_that_a_rule_names_is_shown(rule: dict[str, Any]) -> None:
    names = shown()
    results = list(selectors(promql_parser.parse(rule["expr"])))
    assert results
    for selector in results:
        assert selector.name in names
        assert labels_of(selector) <= names[selector.name]


def test_every_figure_of_the_dashboard_is_shown() -> None:
    dashboard = json.loads(files("fluxstudio").joinpath("ops/dashboard.json").read_text())
    names = shown()
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]
    results = [
        selector
        for text in expressions
        for selector in selectors(promql_parser.parse(text.replace("$__rate_interval", "5m")))
        # What Prometheus itself says of a target.
        if selector.name != "up"
    ]
    assert {selector.name for selector in results} - names.keys() == set()
    for selector in results:
        assert labels_of(selector) <= names[str(selector.name)], selector.prettify()
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])


def test_a_figure_that_is_not_shown_would_be_found() -> None:
    results = list(selectors(promql_parser.parse('sum(rate(a{b="c"}[5m])) > 2 * sum by (x) (d) or e')))
    assert [selector.name for selector in results] == ["a", "d", "e"]
    assert "a" not in shown()


def test_prometheus_and_the_product_look_at_the_same() -> None:
    assert list(BY_NAME) == [condition.name for condition in (*CONDITIONS, QUEUE_STUCK)]


@every_condition
def test_the_marks_are_the_same(condition: AlertCondition) -> None:
    expression = BY_NAME[condition.name]["expr"]
    outcomes = [set(value.split("|")) for _, _, value in LITERAL.findall(expression)]
    if condition.name == "DatabaseAway":
        # Prometheus looks itself; the product only knows afterwards that it could not.
        return
    assert f">= {condition.least}" in expression
    assert (f"> {condition.above:g} *" in expression) == (condition.above > 0)
    assert set(condition.bad) <= {"", *(outcome for result in outcomes for outcome in result)}
    assert condition.among is None or set(condition.among) in outcomes
    assert "[15m]" in expression


def test_the_queue_may_wait_as_long_for_both() -> None:
    assert f"> {MAX_QUEUE_WAIT_SECONDS:.0f}" in BY_NAME[QUEUE_STUCK.name]["expr"]


def test_the_rules_are_part_of_the_package() -> None:
    assert '"**/*.yml"' in (ROOT / "pyproject.toml").read_text()


@every_rule
def test_what_an_alert_means_is_documented(rule: dict[str, Any]) -> None:
    assert f"`{rule['alert']}`" in (ROOT / "docs" / "operate.md").read_text()


def test_all_that_is_counted_can_be_read_by_prometheus() -> None:
    text = generate_latest(counters.registry).decode()
    assert all(family.documentation for family in text_string_to_metric_families(text))
