"""Which columns refer to which tables: as declared, and as names make evident."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from fluxstudio.flows.ask.language.lexicon import PEOPLE
from fluxstudio.flows.ask.language.words import lemma, stem
from fluxstudio.flows.ask.schema.model import KEY_WORDS, Entity, Field
from fluxstudio.flows.ask.schema.naming import same_words

DECLARED, EVIDENT = 1.0, 1.15
# Names that columns share without meaning the same.
_COMMON = {
    "id",
    "name",
    "title",
    "status",
    "type",
    "description",
    "code",
    "email",
    "date",
    "year",
    "price",
    "amount",
    "created",
    "updated",
    "at",
    "comment",
    "note",
    "value",
    "address",
    "phone",
    "quantity",
    "total",
    "rating",
    "url",
}
UPWARDS = {
    "parent",
    "manager",
    "supervisor",
    "boss",
    "reports",
    "mentor",
    "superior",
    "mgr",
    "mother",
    "father",
    "predecessor",
    "successor",
}
_MOST_OCCUPATIONS = 30
_PART_OF = {"of", "on"}
_DOERS, _DIRECTIONS = {"by"}, {"to", "from"}


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """Many rows of `source` refer to one of `target`.

    Attributes:
        cost: how far it is to go along it; declared ones are nearer than evident ones.
        role: what the row referred to is called, where that is not the name of its table.
    """

    source: Entity
    columns: tuple[str, ...]
    target: Entity
    target_columns: tuple[str, ...]
    cost: float
    role: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"{self.source!r}.{','.join(self.columns)}→{self.target!r}.{','.join(self.target_columns)}"


def references(entities: Sequence[Entity]) -> list[Reference]:
    """All references between the entities; a column that has a declared one has no other."""
    by_id = {entity.id: entity for entity in entities}
    made: list[Reference] = []
    for entity in entities:
        for key in entity.table.foreign_keys:
            if key.target in by_id:
                role = _role(entity, key.columns, by_id[key.target])
                made.append(
                    Reference(entity, key.columns, by_id[key.target], key.target_columns, DECLARED, role)
                )
    taken = {(one.source.id, one.columns[0]) for one in made if len(one.columns) == 1}
    owners = _owners(entities)
    for entity in entities:
        for field in entity.fields:
            if (entity.id, field.name) not in taken and field.kind in ("number", "text"):
                made += _evident(field, entities, owners)
    return made


def _role(entity: Entity, columns: Sequence[str], target: Entity) -> tuple[str, ...]:
    words = without_key(entity.field(columns[0]).words) if len(columns) == 1 else ()
    if same_words(words, target.words) or same_words(words, target.words[-1:]):
        return ()
    return _without_target(words, target)


def _without_target(words: tuple[str, ...], target: Entity) -> tuple[str, ...]:
    """`referred by` of `referred_by_patient_id`: the table's name after a particle says nothing more."""
    particle = len(words) > 2 and words[-2] in _DOERS | _DIRECTIONS
    return words[:-1] if particle and same_words(words[-1:], target.words[-1:]) else words


def without_key(words: tuple[str, ...]) -> tuple[str, ...]:
    return words[:-1] if len(words) > 1 and words[-1] in KEY_WORDS else words


def _evident(field: Field, entities: Sequence[Entity], owners: Mapping[str, Entity]) -> Iterator[Reference]:
    owner = owners.get(field.name.lower())
    if owner is not None and owner is not field.entity:
        target = next(one for one in owner.fields if one.name.lower() == field.name.lower())
        if _fits(field, target):
            yield Reference(field.entity, (field.name,), owner, (target.name,), EVIDENT)
        return
    if owner is field.entity:
        return
    best: tuple[int, Entity, Field] | None = None
    people = [one for one in entities if one.is_person]
    for entity in entities:
        key = _single_key(entity)
        if key is None or not _fits(field, key):
            continue
        matched = _refers(field, entity, key)
        if not matched and people == [entity] and (_is_somebody(field) or _does_it(field)):
            # Who handles a claim can only be one of the people there are.
            matched = 1
        if not matched and entity.is_person and _is_occupation(field, entity):
            matched = 1
        if (
            matched
            and (best is None or matched > best[0])
            and (entity is not field.entity or key is not field)
        ):
            best = (matched, entity, key)
    if best is not None:
        role = without_key(field.words)
        named = same_words(role, best[1].words) or same_words(role, best[1].words[-1:])
        role = () if named else _without_target(role, best[1])
        yield Reference(field.entity, (field.name,), best[1], (best[2].name,), EVIDENT, role)


def _single_key(entity: Entity) -> Field | None:
    return entity.field(entity.key[0]) if len(entity.key) == 1 else None


def _fits(field: Field, key: Field) -> bool:
    """Whether the column can hold what the key holds, by kind and by the values seen."""
    if field.kind != key.kind:
        return False
    mine, theirs = field.column, key.column
    if mine.values and theirs.values and theirs.complete:
        return len(set(mine.values) & set(theirs.values)) * 2 >= len(mine.values)
    return True


def _refers(field: Field, entity: Entity, key: Field) -> int:
    """How surely the column's name says that it refers to the entity: 0 for not at all."""
    words = field.words
    is_reference = len(words) > 1 and words[-1] in KEY_WORDS
    role = without_key(words)
    if field.kind == "text" and not is_reference and not (key.is_key and field.entity is not entity):
        return 0
    names = [entity.words, *entity.aliases] if is_reference else [entity.words]
    for name in names:
        if same_words(role, name):
            return 4 if field.entity is not entity else 0
    if _is_done_by(role, field, entity):
        return 1
    if not is_reference:
        return 0
    if len(role) > 1 and same_words(role[-1:], entity.words):
        return 3
    if len(entity.words) > 1 and same_words(role, entity.words[-1:]):
        return 2
    if entity is field.entity and role[0] in UPWARDS:
        return 1
    if entity is not field.entity and lemma(entity.words[-1]) in field.about:
        # "The warehouse it leaves from", says the comment of `origin_id`.
        return 1
    return 0


def _is_somebody(field: Field) -> bool:
    """Whether a column such as `handler_id` holds the key of a person."""
    role = without_key(field.words)
    return field.kind == "number" and len(field.words) > len(role) and lemma(role[-1]) in PEOPLE


def _is_occupation(field: Field, entity: Entity) -> bool:
    """Whether a column is of people who are called so: a `director_id` where some artists are directors."""
    role = without_key(field.words)
    if len(role) != 1 or len(field.words) < 2:
        return False
    return any(
        role[0] in map(str.lower, one.column.values)
        for one in entity.fields
        if one.column.complete and len(one.column.values) <= _MOST_OCCUPATIONS
    )


def _does_it(field: Field) -> bool:
    """Whether a column is of who does what its table holds: the `taster_id` of tastings."""
    role = without_key(field.words)[-1]
    verb = stem(role[:-2]) if role.endswith(("er", "or")) and len(role) > 5 else ""
    named = {stem(lemma(word)) for word in field.entity.words}
    return field.kind == "number" and len(field.words) > 1 and verb in named


def _is_done_by(role: tuple[str, ...], field: Field, entity: Entity) -> bool:
    """Whether a column such as `invited_by`, `reports_to` or `teacher_id` is of a row of its own table."""
    is_known = field.kind == "number" or bool(field.column.values and field.column.complete)
    if entity is not field.entity or not is_known:
        return False
    if len(role) > 1 and role[-1] in _PART_OF:
        return field.words[-1] in KEY_WORDS
    if len(role) > 1 and role[-1] in _DIRECTIONS | _DOERS:
        return entity.is_person or role[-1] in _DIRECTIONS
    return entity.is_person and len(field.words) > len(role) == 1 and lemma(role[0]) in PEOPLE


def _owners(entities: Sequence[Entity]) -> dict[str, Entity]:
    """Of each column name that tables share: the table whose rows it identifies."""
    groups: defaultdict[str, list[Field]] = defaultdict(list)
    for entity in entities:
        for field in entity.fields:
            if not set(field.words) <= _COMMON and field.kind in ("number", "text"):
                groups[field.name.lower()].append(field)
    owners = {}
    for name, fields in groups.items():
        candidates = [one for one in fields if one.column.unique or one.entity.key == (one.name,)]
        if len(fields) > 1 and candidates:
            ranked = sorted(candidates, key=_ownership, reverse=True)
            if _ownership(ranked[0])[0] > 0:
                owners[name] = ranked[0].entity
    return owners


def _ownership(field: Field) -> tuple[int, int, int]:
    """How much the column looks like the key of its own table."""
    entity = field.entity
    if not (field.words[-1] in KEY_WORDS | {"name"} or field.words[-1].endswith("id")):
        return (0, 0, 0)
    role = without_key(field.words)
    named = any(same_words(role, words) for words in (entity.words, entity.words[-1:]))
    named = named or (field.words[-1] == "name" and same_words(field.words[:-1], entity.words[-1:]))
    initial = (
        len(field.words) == 1 and field.name.lower()[:-2] == lemma(entity.words[0])[: len(field.name) - 2]
    )
    declared = entity.table.key == (field.name,)
    others = sum(not one.is_key and not one.name.lower().endswith("id") for one in entity.fields)
    first = entity.fields[0] is field
    return (
        3 * declared + 3 * named + 2 * (initial and others > 0) + (first and others > 0),
        others,
        -len(entity.words),
    )
