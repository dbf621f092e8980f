"""Extremes that were asked for themselves."""

from __future__ import annotations

from fluxstudio.flows.ask.reading.cursor import Unreadable
from fluxstudio.flows.ask.reading.form import Form, Has, Measure, Order
from fluxstudio.flows.ask.reading.grammar import Reader
from fluxstudio.flows.ask.reading.nouns import Noun, order_of
from fluxstudio.flows.ask.schema.model import Entity, Field


def complete_extremes(reader: Reader) -> None:
    """Extremes asked for themselves: `the highest salary`, `the oldest employee`, `most common type`."""
    form = reader.form
    for noun in reader.extremes:
        if noun.common:
            _most_common(reader, noun)
            continue
        others = [one for one in reader.targets if one is not noun and not one.aggregates]
        if isinstance(noun.core, Entity) and not noun.adjective and not noun.by_time and not noun.aggregates:
            _most_rows(reader, noun, others)
            continue
        order = order_of(noun, noun.entity or reader.subject)
        if order is None:
            raise Unreadable("nothing says what there is most of")
        if isinstance(noun.core, Field) and not others and not noun.limit and not noun.aggregates:
            _extreme_value(reader, noun, order)
            continue
        if noun.in_all and isinstance(order.by, Field) and isinstance(form.subject, Entity):
            order = reader.in_all(order, order.by)
        if isinstance(order.by, Measure) and isinstance(noun.core, Field) and not noun.aggregates:
            _rank(form, order, noun)
            continue
        if isinstance(noun.core, Field) and form.subject is None:
            form.subject = noun.core.entity
        if isinstance(noun.core, Field) and noun.core not in form.columns:
            form.columns.append(noun.core)
        _rank(form, order, noun)
    reader.extremes = []


def counted_roles(reader: Reader) -> None:
    """How often somebody was it: `the most assists` of a player are the goals with them in that role."""
    form = reader.form
    for measure in [*form.measures, *(one.by for one in form.orders)]:
        if not isinstance(measure, Measure) or measure.aggregate != "count" or measure.entity.base is None:
            continue
        role = measure.entity
        if form.subject is role.base or role.base in form.keys:
            form.keys = [role if key is role.base else key for key in form.keys]
            form.subject = role if form.subject is role.base else form.subject
            measure.entity = reader.model.steps_from(role)[0].there


def _rank(form: Form, order: Order, noun: Noun) -> None:
    if form.keys and isinstance(form.subject, Entity) and not isinstance(order.by, Measure):
        form.within, form.keys = form.keys, []
    form.orders.insert(0, order)
    if noun.limit != -1:
        form.limit = noun.limit or form.limit or 1


def _most_rows(reader: Reader, noun: Noun, others: list[Noun]) -> None:
    """`Who placed the most orders`, `top 5 customers` ranked by what follows or by nothing."""
    form = reader.form
    assert isinstance(noun.core, Entity)
    if noun.core.base is not None and not others and not form.keys and not form.orders:
        # "Top 5 scorers": by how often they were it.
        counted = reader.model.steps_from(noun.core)[0].there
        form.orders.insert(0, Order(Measure("count", counted), -noun.extreme))
        form.limit = noun.limit if noun.limit and noun.limit > 0 else form.limit or 1
        return
    own = all(isinstance(one.core, Field) and one.entity is noun.core for one in others)
    if others and own and form.orders and not form.keys:
        # "The names of the top 3 hotels with the highest ratings".
        form.subject, form.limit = noun.core, noun.limit or form.limit
        return
    if others or form.keys:
        measure = Measure("count", noun.core)
        if not others and form.keys and isinstance(form.subject, Entity) and form.subject is noun.core:
            form.subject = None
        elif others:
            form.subject = next(one.core for one in others)
            form.conditions = [
                one for one in form.conditions if not (isinstance(one, Has) and one.entity is noun.core)
            ]
        form.orders.insert(0, Order(measure, -noun.extreme))
        counted_roles(reader)
        form.limit = (
            noun.limit if noun.limit and noun.limit > 0 else None if noun.limit == -1 else form.limit or 1
        )
        return
    if form.orders:
        form.limit = noun.limit or form.limit
        form.orders[0].sign = -noun.extreme if form.orders[0].sign == 1 else form.orders[0].sign
        return
    raise Unreadable(f"nothing says by what {noun.core} are ranked")


def _extreme_value(reader: Reader, noun: Noun, order: Order) -> None:
    """`the highest salary` is the largest number, unless it is asked whose it is."""
    form = reader.form
    assert isinstance(noun.core, Field)
    if noun.core.kind not in ("number", "date", "time"):
        raise Unreadable("texts have no extremes")
    form.measures.append(Measure("max" if order.sign < 0 else "min", noun.core.entity, noun.core))


def _most_common(reader: Reader, noun: Noun) -> None:
    form = reader.form
    if noun.core is None:
        noun.core, noun.limit = reader.subject, noun.limit or reader.wished
    if noun.core is None:
        raise Unreadable("the most common what")
    base = noun.core.entity if isinstance(noun.core, Field) else noun.counted
    if base is None:
        for entity in reversed(reader.mentioned):
            if entity is not noun.core:
                base = entity
                break
    if base is None and isinstance(noun.core, Entity):
        owners = [one.source for one in reader.model.references if one.target is noun.core]
        if len(owners) != 1:
            raise Unreadable(f"nothing says where {noun.core} are counted")
        base = owners[0]
    for entity in reader.mentioned:
        if isinstance(noun.core, Field) and entity is not base:
            base = entity
    assert base is not None
    form.subject = noun.core
    form.columns = []
    form.conditions = [
        one
        for one in form.conditions
        if not (isinstance(one, Has) and one.entity is base and not one.negated)
    ]
    if form.keys:
        form.within, form.keys = form.keys, []
    form.orders.insert(0, Order(Measure("count", base), -noun.extreme))
    form.limit = noun.limit if noun.limit and noun.limit > 0 else 1
