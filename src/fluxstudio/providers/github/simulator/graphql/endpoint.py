"""`POST /graphql`: queries about a repository's code, and commits that expect where a branch is."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLScalarType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    build_schema,
    execute_sync,
    get_operation_ast,
    parse,
    validate,
)
from starlette.routing import BaseRoute

from fluxstudio.providers.github.simulator.answers import Problem
from fluxstudio.providers.github.simulator.api import HOURLY, GitHubAnswer, GitHubApi, GitHubCall
from fluxstudio.providers.github.simulator.code import writing
from fluxstudio.providers.github.simulator.code.refs import HEADS, Refs
from fluxstudio.providers.github.simulator.graphql import values
from fluxstudio.providers.github.simulator.graphql.refusals import QueryRefused, explained, wrong_variables
from fluxstudio.providers.github.simulator.rest import Rest, stamp
from fluxstudio.providers.github.simulator.views import Json, ViewedRepository

MAX_QUERY_CHARACTERS = 200_000
TYPES_OF_REFUSALS = {404: "NOT_FOUND", 422: "UNPROCESSABLE"}


class GraphQL(Rest):
    """The one endpoint of the GraphQL API."""

    def routes(self) -> Sequence[BaseRoute]:
        """The routes of api.github.com that this class answers."""
        self.api = GitHubApi(self.simulator)
        return [self.api.route("/graphql", self._graphql, method="POST", resource="graphql")]

    async def _graphql(self, call: GitHubCall) -> GitHubAnswer:
        body = await call.json()
        query = body.get("query")
        if not isinstance(query, str):
            raise Problem(400, "A query attribute must be specified and must be a string.")
        variables = body.get("variables") or {}
        if not isinstance(variables, dict):
            raise Problem(400, "Variables are not a JSON object")
        name = body.get("operationName")
        return GitHubAnswer(self._answer(call, query, variables, name if isinstance(name, str) else None))

    def _answer(self, call: GitHubCall, query: str, variables: Json, name: str | None) -> Json:
        try:
            document = parse(query[:MAX_QUERY_CHARACTERS])
            wrong = validate(schema(), document)
        except GraphQLError as error:
            return {"errors": [explained(error)]}
        except RecursionError:
            return {"errors": [{"message": "Query is nested too deeply"}]}
        operation = get_operation_ast(document, name)
        if wrong or not isinstance(operation, OperationDefinitionNode):
            unknown = {"message": f'No operation named "{name}"' if name else "An operation name is required"}
            return {"errors": [explained(error) for error in wrong] or [unknown]}
        refused = wrong_variables(schema(), operation, variables)
        if refused:
            return {"errors": refused}
        if operation.operation is OperationType.MUTATION:
            self.api.spend_content(call)
        outcome = execute_sync(
            schema(),
            document,
            root_value=self._root(call),
            variable_values=variables,
            operation_name=name,
        )
        answer: Json = {"data": outcome.data}
        if outcome.errors:
            answer["errors"] = [explained(error) for error in outcome.errors]
        return answer

    def _root(self, call: GitHubCall) -> Json:
        def repository(info: Any, owner: str, name: str, **others: Any) -> Json:
            return values.repository(self._named(call, f"{owner}/{name}"))

        def commit(info: Any, input: Json) -> Json:  # noqa: A002 - GitHub's name
            return self._commit(call, input)

        return {
            "viewer": lambda info: values.account(self._any_view(call), call.login),
            "repository": repository,
            "rateLimit": lambda info, **others: self._rate_limit(call),
            "createCommitOnBranch": commit,
        }

    def _any_view(self, call: GitHubCall) -> ViewedRepository:
        return ViewedRepository({}, self.people, call.login)

    def _named(self, call: GitHubCall, full_name: str) -> ViewedRepository:
        data = self.simulator.world.data
        number = data["renamed"].get(full_name)
        for repository in data["repositories"].values():
            view = ViewedRepository(repository, self.people, call.login)
            is_hidden = repository["private"] and (view.role is None or not call.has("repo"))
            if not is_hidden and (view.name.lower() == full_name.lower() or repository["id"] == number):
                return view
        raise QueryRefused("NOT_FOUND", f"Could not resolve to a Repository with the name '{full_name}'.")

    def _commit(self, call: GitHubCall, wanted: Json) -> Json:
        view, branch = self._branch(call, wanted["branch"])
        if not call.has("repo", "public_repo"):
            raise QueryRefused(
                "INSUFFICIENT_SCOPES",
                "Your token has not been granted the required scopes to execute this query. The "
                "'createCommitOnBranch' field requires one of the following scopes: ['public_repo'].",
            )
        if not view.may["push"]:
            raise QueryRefused(
                "FORBIDDEN",
                f"{call.login} does not have the correct permissions to execute `CreateCommitOnBranch`",
            )
        expected = wanted["expectedHeadOid"]
        if branch["tip"] != expected:
            raise QueryRefused(
                "STALE_DATA",
                f'Expected branch to point to "{expected}" but it did not.  Pull and try again.',
            )
        if Refs(self.simulator, view).is_guarded(branch):
            raise QueryRefused(
                "BRANCH_PROTECTION_RULE_VIOLATION", "Changes must be made through a pull request."
            )
        sha = self._written(view, branch, wanted)
        return {
            "clientMutationId": wanted.get("clientMutationId"),
            "commit": values.git_object(view, sha),
            "ref": values.ref(view, HEADS + branch["name"], sha),
        }

    def _branch(self, call: GitHubCall, wanted: Json) -> tuple[ViewedRepository, Json]:
        full_name, name = wanted.get("repositoryNameWithOwner"), wanted.get("branchName")
        if wanted.get("id"):
            place = values.ref_of_id(wanted["id"])
            if place is None:
                raise QueryRefused(
                    "NOT_FOUND", f"Could not resolve to a node with the global id of '{wanted['id']}'"
                )
            repository = self.simulator.world.data["repositories"].get(str(place[0]), {})
            full_name = f"{repository.get('owner')}/{repository.get('name')}"
            name = place[1]
        if not full_name or not name:
            raise QueryRefused(
                "UNPROCESSABLE", "Either `id` or `repositoryNameWithOwner` and `branchName` must be given."
            )
        view = self._named(call, full_name)
        branch = view.branch(name.removeprefix(HEADS))
        if branch is None:
            raise QueryRefused("NOT_FOUND", f'No branch "{name}" in {full_name}.')
        return view, branch

    def _written(self, view: ViewedRepository, branch: Json, wanted: Json) -> str:
        changes, now = wanted.get("fileChanges") or {}, self.simulator.clock.now()
        tip = view.store.commit(branch["tip"])
        assert tip is not None
        try:
            put = {
                writing.checked_path(entry["path"]): base64.b64decode(entry["contents"])
                for entry in changes.get("additions") or ()
            }
            removed = [writing.checked_path(entry["path"]) for entry in changes.get("deletions") or ()]
        except Problem as problem:
            raise QueryRefused(TYPES_OF_REFUSALS[422], str(problem)) from None
        if not set(removed) <= view.store.files(tip.tree).keys():
            raise QueryRefused(
                TYPES_OF_REFUSALS[422],
                f"A path was requested for deletion which does not exist as of commit oid `{tip.sha}`",
            )
        message, body = wanted["message"]["headline"], wanted["message"].get("body")
        tree = writing.with_files(view, tip.tree, put, removed)
        fields = writing.commit_fields(
            tree,
            [tip.sha],
            f"{message}\n\n{body}" if body else message,
            writing.own_signature(view, view.viewer, now),
            writing.web_signature(now),
            signature=writing.SIGNATURE,
        )
        sha = view.store.put_commit(fields)
        Refs(self.simulator, view).move(HEADS + branch["name"], sha)
        return sha

    def _rate_limit(self, call: GitHubCall) -> Json:
        status = self.simulator.budgets.peek("graphql", call.login, HOURLY)
        reset = stamp(self.simulator.clock.now() + status.resets_in)
        used = status.limit - status.remaining
        return {
            **{"cost": 1, "limit": status.limit, "nodeCount": 0},
            **{"remaining": status.remaining, "resetAt": reset, "used": used},
        }


@cache
def schema() -> GraphQLSchema:
    """The part of GitHub's schema that is simulated."""
    built = build_schema(files(__package__).joinpath("schema.graphql").read_text("utf-8"))
    for name, read in (("Base64String", _base64_text), ("GitObjectID", _object_id)):
        scalar = built.type_map[name]
        assert isinstance(scalar, GraphQLScalarType)
        scalar.coerce_input_value = read
    return built


def _base64_text(value: Any) -> str:
    try:
        base64.b64decode(value if isinstance(value, str) else "?", validate=True)
    except (binascii.Error, ValueError):
        raise GraphQLError("Could not coerce value to Base64String") from None
    return str(value)


def _object_id(value: Any) -> str:
    if not isinstance(value, str) or len(value) != 40 or set(value) - set("0123456789abcdef"):
        raise GraphQLError("Could not coerce value to GitObjectID")
    return value
