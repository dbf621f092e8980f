"""The control over what a simulated provider sends: what was sent, what is to fail, what is to happen."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fluxstudio.sdk.simulation.control import control_body, control_route
from fluxstudio.sdk.simulation.deliveries import LOOPBACK, DeliveryFault
from fluxstudio.sdk.simulation.ports import SimulatorState


def event_controls(simulator: SimulatorState) -> list[Route]:
    """The routes below `/_control` that concern events."""
    controls = _Controls(simulator)
    return [
        control_route("/deliveries", controls.deliveries, ("GET", "DELETE")),
        control_route("/deliveries/troubles", controls.troubles, ("GET", "POST", "DELETE")),
        control_route("/deliveries/{id:int}/again", controls.again, ("POST",)),
        control_route("/events", controls.events, ("POST",)),
        control_route("/events/endpoint", controls.endpoint, ("GET", "POST")),
    ]


class _Controls:
    def __init__(self, simulator: SimulatorState) -> None:
        self._simulator = simulator

    async def deliveries(self, request: Request) -> Response:
        """GET shows every attempt once nothing is on its way any more; DELETE forgets them."""
        await self._simulator.deliveries.settled()
        if request.method == "DELETE":
            self._simulator.deliveries.log.clear()
        return JSONResponse(self._simulator.deliveries.log)

    async def troubles(self, request: Request) -> Response:
        """POST `{kind, match, status, times}` lets deliveries fail."""
        troubles = self._simulator.deliveries.troubles
        if request.method == "DELETE":
            troubles.clear()
        elif request.method == "POST":
            troubles.append(DeliveryFault.model_validate(await control_body(request)))
        return JSONResponse([trouble.model_dump() for trouble in troubles])

    async def again(self, request: Request) -> Response:
        """Send again what an attempt was about, as a person at the provider would."""
        delivery_id = request.path_params["id"]
        delivery = next(
            (entry for entry in self._simulator.deliveries.log if entry["id"] == delivery_id), None
        )
        if delivery is None:
            return JSONResponse({"error": f"there is no delivery {delivery_id}"}, 404)
        self._simulator.deliveries.redeliver(delivery)
        return JSONResponse({"sent": 1})

    async def events(self, request: Request) -> Response:
        """Let something happen that the simulator cannot be clicked into; how many events were sent."""
        outgoing_webhooks = self._simulator.happen(await control_body(request))
        for outgoing in outgoing_webhooks:
            self._simulator.deliveries.send(outgoing)
        self._simulator.world.save()
        return JSONResponse({"sent": len(outgoing_webhooks)})

    async def endpoint(self, request: Request) -> Response:
        """POST `{url}` says where events of the whole app go; null sends none."""
        if request.method == "POST":
            url = (await control_body(request)).get("url")
            if url is not None and urlsplit(str(url)).hostname not in LOOPBACK:
                return JSONResponse({"error": "url is an address on this machine"}, 400)
            self._simulator.events_to = url
        return JSONResponse({"url": self._simulator.events_to})
