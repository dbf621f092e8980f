"""A schema with what its names mean: the model that questions are planned over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from fluxstudio.core.ask.schema import Column, Schema, Table
from fluxstudio.flows.ask.language.lexicon import ABBREVIATIONS, PEOPLE, SAYINGS
from fluxstudio.flows.ask.language.units import unit_in
from fluxstudio.flows.ask.language.words import ABBREVIATED, lemma, similarity
from fluxstudio.flows.ask.schema.naming import same_words, shared_prefix, split, table_words

# Words of columns that name a row, the best first.
_LABELS = (
    ("name",),
    ("full", "name"),
    ("title",),
    ("username",),
    ("display", "name"),
    ("user", "name"),
    ("label",),
    ("symbol",),
    ("subject",),
    ("login",),
    ("handle",),
    ("nickname",),
    ("code",),
    ("number",),
    ("email",),
    ("reference",),
)
_NAMING = (("title",), ("username",), ("label",), ("symbol",), ("login",), ("handle",))
_ENDINGS = ("name", "title", "no", "num", "id", "code", "date", "type", "status")
_FEWEST_ALIKE = 3
KEY_WORDS = frozenset(
    {"id", "key", "no", "num", "number", "code", "fk", "pk", "ref", "uuid", "sk", "nr", "identifier"}
)


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A column and the words in its name, without what all columns of its table begin with.

    Attributes:
        aliases: further names that the comment gives it, as words.
        about: words of the comment.
    """

    entity: Entity
    column: Column
    words: tuple[str, ...]
    aliases: tuple[tuple[str, ...], ...] = ()
    about: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        return self.column.name

    @property
    def kind(self) -> str:
        return self.column.kind

    @property
    def is_key(self) -> bool:
        """Whether it identifies a row here or elsewhere, and so measures nothing."""
        return self.name in self.entity.table.key or self.words[-1] in KEY_WORDS - {
            "number",
            "num",
            "no",
            "code",
        }

    def __repr__(self) -> str:
        return f"{self.entity.table.name}.{self.name}"


@dataclass(slots=True, eq=False)
class Entity:
    """A table as the thing it holds rows of.

    Attributes:
        key: names of the columns that identify a row; empty where nothing does.
        labels: the columns that people know a row by.
        base: the table's own entity, where this is only a role that its rows have for others.
    """

    table: Table
    words: tuple[str, ...]
    aliases: tuple[tuple[str, ...], ...] = ()
    fields: list[Field] = field(default_factory=list)
    key: tuple[str, ...] = ()
    labels: tuple[Field, ...] = ()
    base: Entity | None = None

    @property
    def id(self) -> str:
        return self.table.id

    @property
    def is_person(self) -> bool:
        if self.base is not None:
            return self.base.is_person
        word = lemma(self.words[-1])
        named = word in PEOPLE or any(whole in PEOPLE for whole in ABBREVIATIONS.get(word, ()))
        # Only people have two names.
        return named or len(self.labels) > 1

    def field(self, name: str) -> Field:
        """The field of that column.

        Raises:
            KeyError: there is none.
        """
        for one in self.fields:
            if one.name == name:
                return one
        raise KeyError(name)

    def __repr__(self) -> str:
        return self.table.name


def entities(schema: Schema) -> list[Entity]:
    """Every table with the words of its names."""
    prefix = shared_prefix([table.name for table in schema.tables])
    made = [_entity(table, prefix) for table in schema.tables if table.columns]
    counts = Counter(word for entity in made for word in set(entity.words))
    common = {word for word, count in counts.items() if count >= _FEWEST_ALIKE and count > len(made) / 2}
    for entity in made:
        _called_by_label(entity, made)
        # What most tables are called says nothing of one of them.
        entity.words = tuple(word for word in entity.words if word not in common) or entity.words
    return made


def _entity(table: Table, prefix: str) -> Entity:
    shared = shared_prefix([column.name for column in table.columns])
    words = table_words(table.name, prefix)
    own = split(shared)
    aliases = [*aliases_in(table.comment), *([own] if own and own != words else [])]
    entity = Entity(table, words, tuple(aliases))
    for column in table.columns:
        named = _initial(split(column.name[len(shared) :]) or split(column.name), words)
        about = frozenset(lemma(word) for word in split(column.comment) if len(word) > 3)
        entity.fields.append(Field(entity, column, named or ("?",), tuple(aliases_in(column.comment)), about))
    entity.key = table.key or _evident_key(entity)
    entity.labels = _labels(entity)
    entity.fields = [_also_called(one) for one in entity.fields]
    entity.labels = tuple(entity.field(one.name) for one in entity.labels)
    return entity


def _called_by_label(entity: Entity, others: Sequence[Entity]) -> None:
    """Rows go by what their names are of, where each has its own: recipes with a `beer_name` are beers."""
    label = entity.labels[0] if len(entity.labels) == 1 else None
    if label is None or not label.column.unique or label.words[-1] not in ("name", "title"):
        return
    called = label.words[:-1]
    if called and not any(same_words(called[-1:], one.words[-1:]) for one in others):
        entity.aliases = (*entity.aliases, called)


def _initial(words: tuple[str, ...], table: tuple[str, ...]) -> tuple[str, ...]:
    """`ename` of `emp` and `did` of `domain` as what they are short for: the table and a common ending."""
    for ending in _ENDINGS:
        start = words[0].removesuffix(ending)
        if len(words) == 1 and start != words[0] and 0 < len(start) <= 4:
            for word in table:
                if word.startswith(start):
                    return (word, ending)
    return words


def _also_called(field: Field) -> Field:
    """Keys go by the name of their table and `id`, labels by `name`, whatever their columns are called."""
    entity = field.entity
    aliases = list(field.aliases)
    if entity.key == (field.name,):
        aliases += [(*entity.words, "id"), (entity.words[-1], "id"), ("id",)]
    rest = tuple(
        word for word in field.words if all(similarity(word, own) < ABBREVIATED for own in entity.words)
    )
    if rest == ("name",) or (entity.labels == (field,) and entity.key and field.words in _NAMING):
        aliases += [("name",)]
    unit = unit_in(field.words) if field.kind == "number" else None
    if unit is not None and unit.kind not in ("time", "temperature"):
        # "Litres brewed" are what a column in litres says.
        aliases += [(word,) for word in unit.words if len(word) > 3]
    if field.kind == "boolean":
        aliases += [tuple(one.split()) for one in SAYINGS.get(" ".join(field.words), ())]
    return replace(field, aliases=tuple(dict.fromkeys(aliases)))


def aliases_in(comment: str) -> list[tuple[str, ...]]:
    """Names that a comment gives after `Also:`, such as `Also: workspace, team.`"""
    _, marker, listed = comment.partition("Also:")
    return [split(name) for name in listed.split(".")[0].split(",") if split(name)] if marker else []


def _evident_key(entity: Entity) -> tuple[str, ...]:
    """The column that identifies rows although nothing declares it: unique, and first or named like a key."""
    unique = [one for one in entity.fields if one.column.unique]
    for one in unique:
        if one.words[-1] in KEY_WORDS or one.words[-1].endswith("id"):
            return (one.name,)
    if entity.fields[0].name == "id":
        return ("id",)
    if unique and unique[0] is entity.fields[0]:
        return (unique[0].name,)
    return ()


def _labels(entity: Entity) -> tuple[Field, ...]:
    texts = [one for one in entity.fields if one.kind == "text"]
    lemmas = {one: tuple(lemma(word) for word in one.words) for one in texts}
    own = tuple(lemma(word) for word in entity.words)
    first = _named(
        texts,
        lemmas,
        {("first", "name"), ("fname", "name"), ("forename",), ("fname",), ("firstname",), ("give", "name")},
    )
    last = _named(
        texts, lemmas, {("last", "name"), ("surname",), ("lname",), ("lastname",), ("family", "name")}
    )
    names = [one for one in texts if one.words[-1] in ("name", "title")]
    for wanted in _LABELS:
        if wanted == ("title",) and first and last:
            return (first, last)
        for one in texts:
            if entity.key == (one.name,) and names:
                # A key that is a code says less than a name.
                continue
            words = lemmas[one]
            rest = words[: -len(wanted)]
            named = words[-len(wanted) :] == wanted and len(rest) == 1
            if words == wanted or (named and similarity(rest[0], own[-1]) >= ABBREVIATED):
                return (one,)
    if first and last:
        return (first, last)
    for one in texts:
        if lemmas[one] == own or lemmas[one] == own[-1:]:
            return (one,)
    for one in texts:
        if one.words[-1] in ("name", "title") and set(lemmas[one][:-1]) <= set(own):
            return (one,)
    if len(names) == 1 and names[0] in entity.fields[:2]:
        return (names[0],)
    return () if entity.key else tuple([one for one in texts if one.column.unique and not one.is_key][:1])


def _named(
    fields: Sequence[Field], lemmas: Mapping[Field, tuple[str, ...]], wanted: set[tuple[str, ...]]
) -> Field | None:
    return next((one for one in fields if lemmas[one] in wanted), None)
