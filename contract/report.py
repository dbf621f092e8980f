"""What a provider does otherwise than its simulator, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from contract.hearing import Heard
from contract.shapes import further, missing, other_types
from contract.tour import Seen

MOST_NAMED = 12


@dataclass(frozen=True)
class Difference:
    """One difference at one step. `breaks` says that we could not do there what we promise."""

    step: str
    text: str
    breaks: bool = False


def differences(simulated: Iterable[Seen], real: Iterable[Seen]) -> Iterator[Difference]:
    """Everything that went otherwise than at the simulator, step by step and once."""
    return iter(dict.fromkeys(_differences(list(simulated), real)))


def _differences(simulated: Sequence[Seen], real: Iterable[Seen]) -> Iterator[Difference]:
    names, problems = _documented(simulated), {(seen.step, seen.problem) for seen in simulated}
    for seen in real:
        if seen.problem and (seen.step, seen.problem) not in problems:
            yield Difference(seen.step, seen.problem, breaks=True)
        if seen.untried:
            yield Difference(seen.step, f"not tried: {seen.untried}")
        for endpoint, heard in seen.endpoints.items():
            if endpoint not in names:
                yield Difference(seen.step, f"{endpoint}: the simulator is never asked this", breaks=True)
            else:
                yield from _between(seen.step, endpoint, names[endpoint], heard)


def _documented(simulated: Iterable[Seen]) -> dict[str, Heard]:
    """What the simulator answers at each endpoint, over all steps."""
    results: dict[str, Heard] = {}
    for seen in simulated:
        for endpoint, heard in seen.endpoints.items():
            stored = results.setdefault(endpoint, Heard())
            stored.statuses |= heard.statuses
            stored.media |= heard.media
            stored.shape.add(heard.shape)
    return results


def _between(step: str, endpoint: str, there: Heard, here: Heard) -> Iterator[Difference]:
    if odd := here.statuses - there.statuses:
        text = f"{endpoint}: answers {_listed(odd)}, the simulator {_listed(there.statuses)}"
        yield Difference(step, text, breaks=True)
    if odd_media := here.media - there.media:
        yield Difference(
            step, f"{endpoint}: sends {_listed(odd_media)}, the simulator {_listed(there.media)}"
        )
    if not here.shape or not there.shape:
        return
    for where in missing(there.shape, here.shape):
        yield Difference(step, f"{endpoint}: never says {where}, the simulator always")
    for where, simulated, says in other_types(there.shape, here.shape):
        text = (
            f"{endpoint}: {where or 'the answer'} is {_listed(says)}, at the simulator {_listed(simulated)}"
        )
        yield Difference(step, text)
    if more := sorted(further(there.shape, here.shape)):
        rest = f" and {len(more) - MOST_NAMED} more" if len(more) > MOST_NAMED else ""
        yield Difference(step, f"{endpoint}: also says {', '.join(more[:MOST_NAMED])}{rest}")


def _listed(values: Iterable[object]) -> str:
    return " or ".join(sorted(str(value) for value in values)) or "nothing"


def report(name: str, seen: Sequence[Seen], result: Sequence[Difference]) -> str:
    """The report on one provider, step by step: what breaks our promises is marked with `!`."""
    lines = [name]
    for step in dict.fromkeys(entry.step for entry in seen):
        of_step = [difference for difference in result if difference.step == step]
        lines.append(f"  {step}" if of_step else f"  {step}: as its simulator")
        lines += [f"    {'!' if difference.breaks else '·'} {difference.text}" for difference in of_step]
    return "\n".join(lines)
