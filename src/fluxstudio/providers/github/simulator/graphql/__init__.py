"""The simulated GitHub's GraphQL API, as far as committing to a branch needs it."""

from fluxstudio.providers.github.simulator.graphql.endpoint import GraphQL

__all__ = ["GraphQL"]
