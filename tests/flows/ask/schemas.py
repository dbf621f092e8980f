"""Schemas written down, so that planning needs no database."""

from __future__ import annotations

from fluxstudio.core.ask.schema import Column, ForeignKey, Kind, Schema, Table


def column(name: str, kind: Kind = "text", *values: str, key: bool = False) -> Column:
    """A column with what it holds: all its values where some are given, whole numbers in keys."""
    return Column(name, kind, integer=key, unique=key and name == "id", values=values, complete=bool(values))


def table(name: str, *columns: Column, key: str = "id", refers: dict[str, str] | None = None) -> Table:
    """A table of the schema `public` with a key of one column, and references to the keys of others."""
    keys = [ForeignKey((mine,), f"public.{other}", ("id",)) for mine, other in (refers or {}).items()]
    return Table("public", name, columns, (key,), tuple(keys))


SHOP = Schema(
    (
        table(
            "customers",
            column("id", "number", key=True),
            column("name"),
            column("city", "text", "Paris", "London"),
            column("phone"),
            column("signed_up_at", "time"),
        ),
        table(
            "orders",
            column("id", "number", key=True),
            column("customer_id", "number", key=True),
            column("placed_at", "time"),
            column("status", "text", "pending", "shipped", "cancelled"),
            column("amount", "number"),
            refers={"customer_id": "customers"},
        ),
        table(
            "products",
            column("id", "number", key=True),
            column("name", "text", "Falcon", "Heron"),
            column("price", "number"),
            column("is_active", "boolean"),
        ),
        table(
            "order_items",
            column("id", "number", key=True),
            column("order_id", "number", key=True),
            column("product_id", "number", key=True),
            column("quantity", "number", key=True),
            refers={"order_id": "orders", "product_id": "products"},
        ),
    )
)

STAFF = Schema(
    (
        table(
            "departments",
            column("id", "number", key=True),
            column("name", "text", "Sales", "Research"),
            column("city", "text", "Paris", "London"),
        ),
        table(
            "employees",
            column("id", "number", key=True),
            column("name", "text", "Ada", "Grace"),
            column("gender", "text", "F", "M"),
            column("salary", "number"),
            column("city", "text", "Paris", "London"),
            column("hired_on", "date"),
            column("department_id", "number", key=True),
            column("manager_id", "number", key=True),
            refers={"department_id": "departments", "manager_id": "employees"},
        ),
        table(
            "trips",
            column("id", "number", key=True),
            column("price_cents", "number"),
            column("origin_id", "number", key=True),
            column("destination_id", "number", key=True),
            column("booked_at", "time"),
            column("started_at", "time"),
            column("ended_at", "time"),
            refers={"origin_id": "stations", "destination_id": "stations"},
        ),
        table(
            "stations",
            column("id", "number", key=True),
            column("name", "text", "Nord", "Mitte"),
            column("country", "text", "FR", "DE"),
        ),
    )
)

# Nothing declared, flags as text, dates that may be missing, and rows that refer to their own table.
PRACTICE = Schema(
    (
        table(
            "therapist",
            column("id", "number", key=True),
            column("name", "text", "Nora Lind", "Omar Said"),
            column("supervisor_id", "number", key=True),
        ),
        table(
            "patient",
            column("id", "number", key=True),
            column("name", "text", "Lea Cole", "Max Frey"),
            column("referred_by_patient_id", "number", key=True),
            column("registered_on", "date"),
        ),
        table(
            "visit",
            column("id", "number", key=True),
            Column("patient_id", "number", integer=True, nullable=False),
            column("therapist_id", "number", key=True),
            Column("booked_for", "time", nullable=False),
            column("outcome", "text", "completed", "no_show"),
            column("cancelled_at", "time"),
            refers={"patient_id": "patient", "therapist_id": "therapist"},
        ),
        table(
            "complaint",
            column("id", "number", key=True),
            column("visit_id", "number", key=True),
            Column("filed_on", "date", nullable=False),
            column("closed_on", "date"),
        ),
        table(
            "payment",
            column("id", "number", key=True),
            column("visit_id", "number", key=True),
            column("method", "text", "card", "cash"),
            column("paid_on", "date"),
            column("amount", "number"),
        ),
    )
)
