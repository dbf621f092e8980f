"""What a question becomes, and when it is refused."""

from __future__ import annotations

from datetime import date

import pytest

from fluxstudio.flows.ask.planner import Plan, Planner, Refusal
from fluxstudio.flows.ask.questions import LONGEST_QUESTION
from tests.flows.ask.schemas import SHOP

TODAY = date(2026, 11, 30)
PLANNER = Planner(SHOP)


def asked(question: str) -> str:
    """The SQL of a question, in one line."""
    plan = PLANNER.plan(question, TODAY)
    assert isinstance(plan, Plan), plan
    return " ".join(plan.sql.split())


def refused(question: str) -> Refusal:
    plan = PLANNER.plan(question, TODAY)
    assert isinstance(plan, Refusal), plan
    return plan


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("How many orders were cancelled?", "WHERE o.status = 'cancelled'"),
        ("Which customers live in Paris?", "WHERE c.city = 'Paris'"),
        ("Which clients live in Paris?", "FROM customers AS c"),
        ("how many custmers are there", "FROM customers AS c"),
        ("Which products cost more than 20?", "WHERE p.price > 20"),
        ("orders with an amount between 10 and 20", "o.amount BETWEEN 10 AND 20"),
        ("Which customers have no phone?", "c.phone IS NULL"),
        ("Which products are inactive?", "NOT p.is_active"),
        ("customers without orders", "NOT EXISTS (SELECT 1 FROM orders"),
        ("Which customers have never placed an order?", "NOT EXISTS (SELECT 1 FROM orders"),
        ("customers with more than 3 orders", "HAVING COUNT(*) > 3"),
        ("What is the average price of products?", "SELECT AVG(p.price)"),
        ("number of orders per status", "GROUP BY o.status"),
        ("orders per month", "DATE_TRUNC('month', o.placed_at)"),
        ("orders since March 2024", "o.placed_at >= DATE '2024-03-01'"),
        ("orders placed last week", "DATE_TRUNC('week', CURRENT_DATE)"),
        ("top 5 products by price", "ORDER BY p.price DESC NULLS LAST LIMIT 5"),
        ("Which products cost more than the average price?", "p.price > (SELECT AVG("),
        ("What percentage of orders were cancelled?", "COUNT(*) FILTER (WHERE o.status = 'cancelled')"),
        ("Who placed the most orders?", "ORDER BY COUNT(*) DESC NULLS LAST LIMIT 1"),
        ("latest order of each customer", "ROW_NUMBER() OVER (PARTITION BY c.id"),
    ],
)
def test_a_question_becomes_the_sql_it_asks_for(question: str, part: str) -> None:
    assert part in asked(question)


def test_tables_between_two_others_are_joined_on_the_way() -> None:
    sql = asked("Which customers bought Heron?")
    assert "order_items" in sql
    assert "'Heron'" in sql


def test_what_cannot_be_answered_is_refused_with_what_was_understood() -> None:
    refusal = refused("What is the airspeed of an unladen swallow?")
    assert refusal.code == "not_understood"


def test_nothing_is_guessed_for_what_the_database_does_not_know() -> None:
    assert refused("How many employees are on holiday?").code == "not_understood"


@pytest.mark.parametrize("question", ["", "???", "123"])
def test_what_is_no_question_is_refused(question: str) -> None:
    assert refused(question).code in ("empty", "not_understood")


def test_long_questions_are_refused_before_they_are_read() -> None:
    assert refused("orders " * LONGEST_QUESTION).code == "too_long"


def test_quotes_in_a_question_stay_inside_a_literal() -> None:
    sql = asked('customers named "Robert\'); DROP TABLE customers; --"')
    assert "Robert''); DROP TABLE" in sql
