"""Rows under the name that a reference has for them: the manager of an employee, the home team of a match."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from fluxstudio.flows.ask.language.words import ABBREVIATED, is_english, lemma, similarity, stem
from fluxstudio.flows.ask.schema.keys import Reference
from fluxstudio.flows.ask.schema.model import Entity

_PARTICLES = ("by", "to", "of", "for", "from", "in", "on")
_PRONOUNS = ("them", "it", "him", "her")
_REPORTS = ("subordinate", "report", "direct report", "subordinates")
_INVERSE = {
    "parent": ("child", "sub", "subsidiary"),
    "manager": _REPORTS,
    "supervisor": _REPORTS,
    "boss": _REPORTS,
    "mgr": _REPORTS,
    "superior": _REPORTS,
    "mentor": ("mentee", "mentees"),
    "reply": ("reply", "replies"),
}
_ENDINGS = ("er", "or", "ee")


def roles_of(references: Iterable[Reference]) -> dict[Reference, Entity]:
    """Of each reference that has a name of its own: its target as a thing of that name.

    A role has the columns of its table, so that one table can be in a statement more than once.
    """
    return {one: _role_entity(one) for one in references if one.role and len(one.columns) == 1}


def _role_entity(reference: Reference) -> Entity:
    base = reference.target
    words, *aliases = _names(reference.role, base.words)
    role = Entity(base.table, words, tuple(aliases), key=base.key, base=base)
    role.fields = [replace(field, entity=role) for field in base.fields]
    role.labels = tuple(role.field(one.name) for one in base.labels)
    return role


def inverse_of(reference: Reference) -> Entity | None:
    """The rows that refer to one of their own table: its children, its direct reports."""
    words = next((_INVERSE[word] for word in reference.role if word in _INVERSE), None)
    if words is None or reference.source is not reference.target:
        return None
    base = reference.target
    noun = base.words[-1]
    aliases = [*((one, noun) for one in words), *(tuple(one.split()) for one in words[1:])]
    inverse = Entity(base.table, (words[0],), tuple(aliases), key=base.key, base=base)
    inverse.fields = [replace(field, entity=inverse) for field in base.fields]
    inverse.labels = tuple(inverse.field(one.name) for one in base.labels)
    return inverse


def _names(role: Sequence[str], target: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """What people call a role: `attending` doctors, who `invited` them, a `parent` account."""
    noun = target[-1]
    if role[-1] in _PARTICLES and len(role) > 1:
        verb = role[:-1]
        yield (noun, "who", *verb)
        yield (noun, "that", *verb)
        yield from ((noun, link, *verb, one) for one in _PRONOUNS for link in ("who", "that"))
        return
    yield tuple(role)
    named = any(similarity(word, noun) >= ABBREVIATED for word in role)
    if not named:
        yield (*role, noun)
    elif len(role) > 1 and similarity(role[-1], noun) >= ABBREVIATED:
        yield (noun, *role[:-1])


def passive_of(reference: Reference) -> bool:
    """Whether a role says what a row was made from: `based on`, `derived from`, `part of`."""
    return len(reference.role) > 1 and reference.role[-1] in ("on", "of", "from")


def says_role(reference: Reference, words: Iterable[str]) -> bool:
    """Whether one of the words is what the reference is called, in whatever form: `sent` for `sender`."""
    own = _telling(reference)
    return bool(own) and any(_root(word) in own for word in words)


@lru_cache(maxsize=5_000)
def _telling(reference: Reference) -> frozenset[str]:
    """The roots of the words of a role that its table is not called."""
    return frozenset(
        _root(word)
        for word in reference.role
        if word not in _PARTICLES
        and all(similarity(word, other) < ABBREVIATED for other in reference.target.words)
    )


@lru_cache(maxsize=20_000)
def _root(word: str) -> str:
    """What a verb and who does it have in common: `send` of `sent` and of `sender`."""
    basic = lemma(word)
    for ending in _ENDINGS:
        verb = basic.removesuffix(ending)
        if verb != basic and len(verb) > 2:
            whole = next((one for one in (f"{verb}e", verb) if is_english(one)), basic)
            return stem(lemma(whole))
    return stem(basic)
