"""The tours of the simulators and of the real providers, and what tells them apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from contract.people import Person, at_the_simulator
from contract.plan import examples_of, given_in_examples, plan_of
from contract.report import Difference, differences, report
from contract.tour import House, Seen, housed, tour
from fluxstudio.commands.simulated import simulator_of, stand_in
from fluxstudio.core.registry import RegisteredProvider, Registry, discover, registry_of
from fluxstudio.kit.serving import listening_socket, serving
from fluxstudio.sdk.simulation import simulation
from fluxstudio.settings import Settings


async def compare(
    settings: Settings, wanted: Sequence[str], arguments: Mapping[str, Mapping[str, str]], person: Person
) -> dict[str, list[Difference]]:
    """Tour the simulators, then the providers as configured; what differs, by provider.

    Prints a report on each. `given` holds by provider what somebody chose to say.
    """
    expected = await _simulated(wanted)
    registry = registry_of(settings)
    results: dict[str, list[Difference]] = {}
    async with housed(settings, registry) as house:
        for name in wanted:
            seen = await tour(house, name, plan_of(registry[name]), arguments.get(name, {}), person)
            results[name] = list(differences(expected[name], seen))
            print(report(registry[name].provider.name, seen, results[name]), flush=True)
    return results


async def _simulated(wanted: Iterable[str]) -> dict[str, list[Seen]]:
    """What the simulators do, along the same plan and in every example they come with."""
    with listening_socket("127.0.0.1", 0) as listening:
        base = f"http://127.0.0.1:{listening.getsockname()[1]}"
        results = [(provider, package) for provider, package in discover() if provider.id in wanted]
        made = {provider.id: simulator_of(provider) for provider, _ in results}
        simulated = simulation(list(made.values()), base)
        settings = Settings(
            _env_file=None,  # type: ignore[call-arg]
            host="127.0.0.1",
            port=_free_port(),
            public_url="",
        )
        stand_ins = {name: stand_in(name, entry, settings.base_url) for name, entry in made.items()}
        registry = Registry(results, stand_ins.__getitem__)
        async with serving(simulated, listening), housed(settings, registry) as house:
            return {entry.provider.id: await _tour_of_examples(house, entry) for entry in registry}


async def _tour_of_examples(house: House, entry: RegisteredProvider) -> list[Seen]:
    stops = [*plan_of(entry), *examples_of(entry)]
    return await tour(house, entry.provider.id, stops, given_in_examples(entry), at_the_simulator)


def _free_port() -> int:
    with listening_socket("127.0.0.1", 0) as probe:
        port: int = probe.getsockname()[1]
        return port
