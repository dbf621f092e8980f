"""How long it takes from a question to its SQL, on a schema of fifty tables."""

from __future__ import annotations

import time
from datetime import date
from statistics import median, quantiles

from fluxstudio.core.ask.schema import Column, ForeignKey, Schema, Table
from fluxstudio.flows.ask.planner import Plan, Planner

TODAY = date(2026, 11, 30)
TABLES = [
    "customer",
    "order",
    "product",
    "category",
    "supplier",
    "employee",
    "department",
    "payment",
    "invoice",
    "shipment",
    "warehouse",
    "review",
    "ticket",
    "project",
    "task",
    "meeting",
    "room",
    "building",
    "contract",
    "vendor",
    "account",
    "transfer",
    "budget",
    "expense",
    "report",
    "document",
    "folder",
    "message",
    "channel",
    "campaign",
    "lead",
    "deal",
    "region",
    "city",
    "country",
    "currency",
    "rate",
    "device",
    "sensor",
    "reading",
    "alert",
    "incident",
    "vehicle",
    "driver",
    "route",
    "trip",
    "station",
    "license",
    "course",
    "student",
]
QUESTIONS = (
    "How many orders were cancelled last month?",
    "Which customers have no orders?",
    "average amount of invoices per region",
    "top 5 products by number of reviews",
    "What percentage of tickets are open?",
    "names of employees in departments with more than 10 projects",
    "vehicles without trips since March",
    "total amount of payments by currency",
    "latest reading of each device",
    "students enrolled in a course in Paris",
)


def schema() -> Schema:
    """Fifty tables in a chain and a ring, of eight columns each."""
    tables = []
    for place, name in enumerate(TABLES):
        above = [TABLES[(place + step) % len(TABLES)] for step in (1, 7)]
        columns = (
            Column("id", "number", integer=True, unique=True),
            Column("name", "text", values=tuple(f"{name} {number}" for number in range(100))),
            Column("status", "text", values=("open", "closed", "cancelled"), complete=True),
            Column("city", "text", values=("Paris", "Oslo", "Lima"), complete=True),
            Column("amount", "number"),
            Column("created_at", "time"),
            *(Column(f"{one}_id", "number", integer=True) for one in above),
        )
        keys = tuple(ForeignKey((f"{one}_id",), f"public.{one}s", ("id",)) for one in above)
        tables.append(Table("public", f"{name}s", columns, ("id",), keys))
    return Schema(tuple(tables))


def questions(repetitions: int) -> str:
    """Median and tail of planning each question so many times."""
    planner = Planner(schema())
    answered = sum(isinstance(planner.plan(question, TODAY), Plan) for question in QUESTIONS)
    taken = []
    for _ in range(repetitions):
        for question in QUESTIONS:
            begin = time.perf_counter()
            planner.plan(question, TODAY)
            taken.append(1000 * (time.perf_counter() - begin))
    tail = quantiles(taken, n=20)[-1]
    return (
        f"{len(QUESTIONS)} questions over {len(TABLES)} tables, {answered} answered: "
        f"p50 {median(taken):.1f} ms, p95 {tail:.1f} ms"
    )
