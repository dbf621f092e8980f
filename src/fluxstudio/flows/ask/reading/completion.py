"""What a question leaves open once its words are read."""

from __future__ import annotations

from fluxstudio.flows.ask.language.keywords import Keyword
from fluxstudio.flows.ask.reading.choices import graded_field, time_field
from fluxstudio.flows.ask.reading.cursor import Unreadable
from fluxstudio.flows.ask.reading.extremes import complete_extremes, counted_roles
from fluxstudio.flows.ask.reading.form import (
    Combination,
    Condition,
    Form,
    Has,
    Key,
    Measure,
    Order,
    Period,
    Share,
    Test,
)
from fluxstudio.flows.ask.reading.grammar import Reader
from fluxstudio.flows.ask.reading.lexemes import Unknown
from fluxstudio.flows.ask.reading.nouns import Noun, is_counted
from fluxstudio.flows.ask.reading.shares import complete_shares, complete_spans
from fluxstudio.flows.ask.schema.model import Entity, Field


def complete(reader: Reader) -> Form:
    """The form with nothing left open.

    Raises:
        Unreadable: something cannot be settled.
    """
    form = reader.form
    _person(reader)
    complete_shares(reader)
    form.subject = _subject(reader)
    if reader.negated:
        _nobody(reader) if reader.nobody else _unused(reader)
    counted_roles(reader)
    if reader.uncounted:
        _times(reader)
    complete_extremes(reader)
    complete_spans(reader)
    _periods(reader)
    _nested(reader)
    _listed_groups(reader)
    _sorting(reader)
    form.conditions = _both(form.conditions)
    _senseless(reader)
    if reader.negated:
        reader.doubt(1.5, "a “not” without anything to deny")
    if reader.when and form.subject is not None and not form.measures:
        _when(reader)
    if form.subject is None and not form.measures and not form.columns:
        raise Unreadable("nothing is asked for")
    return form


def _senseless(reader: Reader) -> None:
    """Doubt what nobody asks for: groups of one row each, or by a number that is measured elsewhere.

    Raises:
        Unreadable: what is counted is what is grouped by.
    """
    form = reader.form
    if form.measures and form.keys and any(one.kind == "number" and not one.is_key for one in form.columns):
        reader.doubt(0.9, "groups by a number")
    counted = [*form.measures, *(one.by for one in form.orders)]
    for one in counted:
        alone = isinstance(one, Measure) and one.aggregate == "count" and one.field is None
        if (
            alone
            and isinstance(one, Measure)
            and one.outer is None
            and one.entity in (form.subject, *form.keys)
        ):
            raise Unreadable(f"{one.entity} is counted for each of itself")


def _is_named(reader: Reader) -> bool:
    """Whether the person is what follows, as in `who is the best paid trainer`."""
    verb = reader.cursor.lexemes[1].text.lower().split() if len(reader.cursor.lexemes) > 1 else []
    first = reader.targets[0] if reader.targets else None
    asked = first is not None and isinstance(first.core, Entity) and first.is_extreme
    return bool(verb) and verb[0] in ("is", "are", "was", "were") and asked


def _person(reader: Reader) -> None:
    """`who` is a person that the question's tables refer to."""
    if not reader.who or any(
        isinstance(noun.core, Entity) and noun.core.is_person for noun in reader.targets
    ):
        return
    links = reader.model.links | reader.model.pairs
    people = [one for one in reader.model.entities if one.is_person and one not in links]
    near = [*reader.mentioned]
    if not people or _is_named(reader):
        return
    ranked = sorted(
        people, key=lambda one: min((reader.model.distance(one, other) for other in near), default=0.0)
    )
    chosen = ranked[0]
    if near and reader.model.distance(chosen, near[0]) == float("inf"):
        return
    if len(ranked) > 1 and near:
        gap = reader.model.distance(ranked[1], near[0]) - reader.model.distance(chosen, near[0])
        if gap < 0.05:
            reader.doubt(0.25, f"who is a {chosen.words[-1]}")
    if isinstance(reader.cursor.peek(1 - reader.cursor.place), Unknown) and _several(reader, people):
        reader.doubt(0.8, f"who is a {chosen.words[-1]}")
    first = reader.targets[0] if reader.targets else None
    if (
        first is not None
        and not first.is_extreme
        and isinstance(first.core, Entity)
        and first.core is not chosen
    ):
        reader.form.conditions.insert(0, Has(first.core))
        reader.targets.clear()
    reader.targets.insert(0, Noun(core=chosen))


def _several(reader: Reader, people: list[Entity]) -> bool:
    """Whether more than one table of people has to do with what is named, so that only a verb tells whom."""
    near = reader.mentioned[:1]
    return len([one for one in people if all(reader.model.distance(one, other) < 9 for other in near)]) > 1


def _nobody(reader: Reader) -> None:
    """`languages nobody speaks`: that nobody belongs to.

    Raises:
        Unreadable: no people belong to what is asked for.
    """
    subject = reader.subject
    if subject is None:
        raise Unreadable("nobody does what")
    people = [
        one
        for one in reader.model.entities
        if one.is_person and one is not subject and not _always_there(reader, subject, one)
    ]
    ranked = sorted(people, key=lambda one: reader.model.distance(subject, one))
    if not ranked or reader.model.distance(subject, ranked[0]) == float("inf"):
        raise Unreadable(f"no people belong to {subject}")
    reader.negated = False
    reader.form.conditions.append(Has(ranked[0], negated=True))


def _always_there(reader: Reader, subject: Entity, person: Entity) -> bool:
    """Whether every row refers to a person of that table."""
    way = reader.model.path([subject], person) or []
    if len(way) != 1 or way[0].multiplies:
        return False
    return not any(subject.field(one).column.nullable for one in way[0].reference.columns)


def _unused(reader: Reader) -> None:
    """`vouchers that were never used`: that the one table which refers to them has none."""
    subject = reader.subject
    steps = reader.model.steps_from(subject) if subject is not None else ()
    users = {step.there for step in steps if step.multiplies and step.there.base is None}
    own = subject is not None and subject.base is None
    if own and len(users) == 1 and isinstance(reader.cursor.lexemes[-1].meaning, Unknown | Keyword):
        reader.negated = False
        reader.form.conditions.append(Has(users.pop(), negated=True))


def _subject(reader: Reader) -> Entity | Field | None:
    for noun in reader.targets:
        if isinstance(noun.core, Entity) and not noun.aggregates:
            return noun.core
        if isinstance(noun.core, Field) and not noun.aggregates and not noun.is_extreme:
            owner = noun.core.entity
            return owner if reader.owned or _is_label(noun.core) else noun.core
    if not reader.targets and not reader.form.measures and not reader.sides:
        tests = [
            one for one in reader.form.conditions if isinstance(one, Test) and isinstance(one.value, str)
        ]
        if tests:
            alone = all(one.field.entity is tests[0].field.entity for one in tests)
            reader.doubt(0.1 if alone else 0.7, f"rows of {tests[0].field.entity}")
            return tests[0].field.entity
    return None


def _times(reader: Reader) -> None:
    """`How many times was each track played` counts what happened.

    Raises:
        Unreadable: nothing says what is counted.
    """
    form = reader.form
    happened = [one for one in form.conditions if isinstance(one, Has) and not one.negated]
    described = {one.field.entity for one in form.conditions if isinstance(one, Test)}
    if not happened and len(described) == 1 and len(reader.targets) == 1 and not form.keys:
        # "How many male designers are there": of those who are described.
        form.measures.append(Measure("count", described.pop()))
        return
    if len(happened) != 1:
        raise Unreadable("nothing says what is counted")
    form.conditions.remove(happened[0])
    form.measures.append(Measure("count", happened[0].entity, conditions=happened[0].conditions))


def _is_label(field: Field) -> bool:
    return field in field.entity.labels


def _periods(reader: Reader) -> None:
    """A period cuts the date of what is counted."""
    form = reader.form
    if not any(isinstance(key, Period) and key.field is None for key in form.keys):
        return
    bases: list[Entity] = [_base(one) for one in form.measures]
    if isinstance(form.subject, Entity):
        bases.append(form.subject)
    bases += reader.mentioned
    for base in bases:
        time = time_field(base)
        if time is not None:
            if not time[1]:
                reader.doubt(0.08, f"the date of {base} is {time[0].name}")
            form.keys = [_cut(key, time[0]) for key in form.keys]
            break
    else:
        raise Unreadable("nothing has a date to group by")


def _cut(key: Key, time: Field) -> Key:
    return Period(key.unit, time) if isinstance(key, Period) and key.field is None else key


def _base(measure: object) -> Entity:
    if isinstance(measure, Combination):
        return measure.left.entity
    if isinstance(measure, Share):
        return measure.measure.entity
    assert isinstance(measure, Measure)
    return measure.entity


def _nested(reader: Reader) -> None:
    """`the average number of orders per customer`: the group is the one that the inner numbers are of."""
    form = reader.form
    for measure in form.measures:
        if isinstance(measure, Measure) and measure.outer:
            if not form.keys:
                raise Unreadable("numbers of what are averaged is not clear")
            measure.outer_keys, form.keys = form.keys[:1], form.keys[1:]


def _listed_groups(reader: Reader) -> None:
    """A table listed together with groups: rows are sorted by them where nothing is counted."""
    form = reader.form
    if form.keys and not form.measures and not any(isinstance(one.by, Measure) for one in form.orders):
        counted = reader.per or any(isinstance(key, Period) for key in form.keys)
        rows = isinstance(form.subject, Entity) and not form.columns and form.subject not in form.keys
        if counted and rows and isinstance(form.subject, Entity):
            form.measures.append(Measure("count", form.subject))
            form.subject = None
            return
        listed = isinstance(form.subject, Entity) and form.keys == [form.subject]
        if listed:
            form.keys = []
            return
        if form.subject is None:
            form.subject = form.keys[0] if isinstance(form.keys[0], Entity | Field) else None
            further = [key for key in form.keys[1:] if isinstance(key, Field)]
            form.columns += [*_labels_of(form.subject), *further] if further else []
            form.keys = [key for key in form.keys[1:] if not isinstance(key, Field)]
            return
        amount = form.subject if isinstance(form.subject, Field) else None
        if reader.per and amount is not None and amount.kind == "number" and not amount.is_key:
            if not is_counted(amount) or form.columns not in ([], [amount]):
                raise Unreadable(f"whether {amount} is added up or averaged is not clear")
            # "Tickets sold per venue": all of them.
            form.measures.append(Measure("sum", amount.entity, amount))
            form.subject, form.columns = None, []
            return
        reader.doubt(0.3, "nothing is counted in the groups")
        for key in form.keys:
            if isinstance(key, Field):
                form.columns.append(key)
                form.orders.append(Order(key, 1))
            elif isinstance(key, Entity) and key.labels:
                form.columns.append(key.labels[0])
                form.orders.append(Order(key.labels[0], 1))
        form.keys = []


def _labels_of(subject: Entity | Field | None) -> list[Field]:
    return list(subject.labels) if isinstance(subject, Entity) else []


def _sorting(reader: Reader) -> None:
    """`in descending order` sorts by what was counted, `alphabetically` by the name."""
    form, mode = reader.form, reader.mode
    if not mode or form.orders:
        return
    if mode == "alpha":
        label = form.columns[0] if form.columns else None
        subject = form.subject or (form.keys[0] if form.keys else None)
        if label is None and isinstance(subject, Entity) and subject.labels:
            label = subject.labels[0]
        if label is None and isinstance(subject, Field):
            label = subject
        if label is not None:
            form.orders.append(Order(label, 1))
        return
    sign = int(mode.split()[1])
    if form.measures:
        form.orders.append(Order(form.measures[0], sign))
    elif form.columns:
        form.orders.append(Order(form.columns[-1], sign))
    elif isinstance(form.subject, Entity) and (graded := graded_field(form.subject, "large")):
        form.orders.append(Order(graded[0], sign))
    else:
        raise Unreadable("nothing says by what to sort")


def _when(reader: Reader) -> None:
    form = reader.form
    entity = form.subject if isinstance(form.subject, Entity) else None
    if entity is None or any(one.kind in ("date", "time") for one in form.columns):
        return
    pending = reader.pending
    if isinstance(pending, Field) and pending.kind in ("date", "time"):
        form.columns.append(pending)
        form.conditions = [
            one for one in form.conditions if not (isinstance(one, Test) and one.field is pending)
        ]
        return
    time = time_field(entity)
    if time is None:
        raise Unreadable(f"{entity} has no date")
    form.columns = [*entity.labels, time[0]]


def _both(conditions: list[Condition]) -> list[Condition]:
    """Values that have to be there both are each looked for on their own."""
    marked = [one for one in conditions if isinstance(one, Test) and one.second == "both"]
    if len(marked) < 2:
        return conditions
    rest = [one for one in conditions if one not in marked]
    linked = [one for one in rest if isinstance(one, Has) and not one.negated]
    made: list[Condition] = [one for one in rest if one not in linked]
    for test in marked:
        test.second = None
        made.append(Has(test.field.entity, [test]))
    return made
