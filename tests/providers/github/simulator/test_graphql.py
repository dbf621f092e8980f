"""`createCommitOnBranch` and what is asked around it, held against GitHub's own schema."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    parse,
    validate,
)

from fluxstudio.providers.github.operations import code
from fluxstudio.providers.github.simulator.graphql.endpoint import schema
from tests.providers.github.conftest import EVERYTHING, Sandbox
from tests.support.pins import PINS

COMMIT = """mutation ($input: CreateCommitOnBranchInput!) {
  createCommitOnBranch(input: $input) {
    clientMutationId
    ref { name target { oid } }
    commit {
      oid url message
      parents(first: 2) { totalCount nodes { oid } }
      signature { isValid state }
      author { user { login } }
    }
  }
}"""
HEAD = """query ($owner: String!, $name: String!, $branch: String!) {
  repository(owner: $owner, name: $name) {
    ref(qualifiedName: $branch) {
      id name
      target { oid ... on Commit { message tree { entries { name type } } } }
    }
    object(expression: "HEAD:README.md") { ... on Blob { text byteSize } }
  }
  viewer { login }
  rateLimit { limit used remaining }
}"""
SKETCHBOOK = {"owner": "ada-park", "name": "sketchbook"}


async def asked(sandbox: Sandbox, query: str, login: str = "ada-park", **variables: Any) -> Any:
    token = (await sandbox.connect(login, EVERYTHING)).access_token
    answer = await sandbox.raw(
        token, "/graphql", method="POST", json={"query": query, "variables": variables}
    )
    assert answer.status == 200, answer.content
    return answer.json()


async def head(sandbox: Sandbox, **place: str) -> Any:
    arguments = {**SKETCHBOOK, "branch": "refs/heads/main", **place}
    return (await asked(sandbox, HEAD, **arguments))["data"]["repository"]["ref"]


def commit_on(
    branch: str, oid: str, repository: str = "ada-park/sketchbook", **changes: Any
) -> dict[str, Any]:
    return {
        "branch": {"repositoryNameWithOwner": repository, "branchName": branch},
        "expectedHeadOid": oid,
        "message": {"headline": "Tokens", "body": "What changed."},
        "fileChanges": changes,
    }


@pytest.fixture(scope="module")
def theirs() -> GraphQLSchema:
    """GitHub's own schema."""
    return build_schema((PINS / "github-schema.graphql").read_text(), assume_valid=True)


def test_the_commit_of_a_proposal_is_asked_for_as_githubs_own_schema_says(theirs: GraphQLSchema) -> None:
    assert validate(theirs, parse(code.COMMIT)) == []


def test_what_is_simulated_is_a_part_of_githubs_own_schema(theirs: GraphQLSchema) -> None:
    for name, ours in schema().type_map.items():
        if name.startswith("__"):
            continue
        real = theirs.type_map[name]
        assert type(real) is type(ours), name
        if isinstance(ours, GraphQLEnumType) and isinstance(real, GraphQLEnumType):
            assert ours.values.keys() <= real.values.keys()
        if isinstance(ours, GraphQLInputObjectType) and isinstance(real, GraphQLInputObjectType):
            assert {key: str(field.type) for key, field in ours.fields.items()} == {
                key: str(field.type) for key, field in real.fields.items()
            }
        if isinstance(ours, GraphQLObjectType | GraphQLInterfaceType):
            assert isinstance(real, GraphQLObjectType | GraphQLInterfaceType)
            for key, field in ours.fields.items():
                other = real.fields[key]
                assert (str(field.type), field.args.keys()) == (str(other.type), other.args.keys()), (
                    name,
                    key,
                )


async def test_many_files_are_committed_where_the_branch_is_expected_to_be(loose: Sandbox) -> None:
    before = await head(loose)
    content = base64.b64encode(b"{}\n").decode()
    arguments = commit_on(
        "main",
        before["target"]["oid"],
        additions=[{"path": "tokens/a.json", "contents": content}, {"path": "b.json", "contents": content}],
        deletions=[{"path": "README.md"}],
    )
    answer = await asked(loose, COMMIT, input={**arguments, "clientMutationId": "once"})
    made = answer["data"]["createCommitOnBranch"]
    assert made["clientMutationId"] == "once"
    assert made["commit"]["message"] == "Tokens\n\nWhat changed."
    assert made["commit"]["parents"]["nodes"] == [{"oid": before["target"]["oid"]}]
    assert made["commit"]["signature"] == {"isValid": True, "state": "VALID"}
    assert made["commit"]["author"]["user"]["login"] == "ada-park"
    now = await head(loose)
    assert now["target"]["oid"] == made["commit"]["oid"] == made["ref"]["target"]["oid"]
    assert [entry["name"] for entry in now["target"]["tree"]["entries"]] == ["b.json", "tokens"]
    token = (await loose.connect("ada-park", EVERYTHING)).access_token
    read = (await loose.raw(token, f"/repos/ada-park/sketchbook/commits/{made['commit']['oid']}")).json()
    assert (read["commit"]["verification"]["verified"], read["committer"]["login"]) == (True, "web-flow")


async def test_a_branch_that_has_moved_is_stale_data(loose: Sandbox) -> None:
    """As in ministryofjustice/modernisation-platform#11985."""
    old = "d" * 40
    answer = await asked(loose, COMMIT, input=commit_on("main", old, additions=[]))
    [error] = answer["errors"]
    assert answer["data"] == {"createCommitOnBranch": None}
    assert error == {
        "type": "STALE_DATA",
        "path": ["createCommitOnBranch"],
        "locations": [{"line": 2, "column": 3}],
        "message": f'Expected branch to point to "{old}" but it did not.  Pull and try again.',
    }


@pytest.mark.parametrize(
    ("arguments", "login", "kind", "words"),
    [
        ({"branch": "nowhere"}, "ada-park", "NOT_FOUND", "nowhere"),
        ({"repository": "ada-park/nowhere"}, "ada-park", "NOT_FOUND", "Could not resolve to a Repository"),
        (
            {"repository": "ada-park/sketchbook"},
            "jonah-reed",
            "NOT_FOUND",
            "Could not resolve to a Repository",
        ),
        ({"repository": "harbour-pine/driftwood"}, "priya-nair", "FORBIDDEN", "correct permissions"),
        # Thinkmill/keystatic#1598
        (
            {"repository": "harbour-pine/driftwood"},
            "ada-park",
            "BRANCH_PROTECTION_RULE_VIOLATION",
            "Changes must be made through a pull request.",
        ),
        # Thinkmill/keystatic#1269
        ({"deletions": [{"path": "no"}]}, "ada-park", "UNPROCESSABLE", "A path was requested for deletion"),
        ({"additions": [{"path": "a/../b", "contents": ""}]}, "ada-park", "UNPROCESSABLE", "malformed path"),
    ],
)
async def test_a_commit_that_may_not_be_is_refused_by_its_type(
    loose: Sandbox, arguments: dict[str, Any], login: str, kind: str, words: str
) -> None:
    repository = arguments.get("repository", "ada-park/sketchbook")
    owner, _, name = repository.partition("/")
    names = loose.simulator.world.data["repositories"].values()
    tips = [
        branch["tip"]
        for entry in names
        if (entry["owner"], entry["name"]) == (owner, name)
        for branch in entry["branches"]
        if branch["name"] == "main"
    ]
    changes = {key: arguments[key] for key in ("additions", "deletions") if key in arguments}
    sent = commit_on(arguments.get("branch", "main"), (tips or ["0" * 40])[0], repository, **changes)
    answer = await asked(loose, COMMIT, login, input=sent)
    assert [(error["type"], words in error["message"]) for error in answer["errors"]] == [(kind, True)]


async def test_a_branch_is_named_by_its_id_too(loose: Sandbox) -> None:
    before = await head(loose)
    arguments = commit_on("x", before["target"]["oid"], additions=[])
    answer = await asked(loose, COMMIT, input={**arguments, "branch": {"id": before["id"]}})
    assert answer["data"]["createCommitOnBranch"]["ref"]["name"] == "main"


async def test_variables_that_do_not_fit_are_named(loose: Sandbox) -> None:
    """As in avitorio/outstatic#17."""
    sent: dict[str, Any] = {**commit_on("main", "0" * 40), "expectedHeadOid": None}
    [error] = (await asked(loose, COMMIT, input=sent))["errors"]
    assert error["message"] == (
        "Variable $input of type CreateCommitOnBranchInput! was provided invalid value for expectedHeadOid "
        "(Expected value to not be null)"
    )
    assert error["extensions"]["problems"] == [
        {"path": ["expectedHeadOid"], "explanation": "Expected value to not be null"}
    ]
    sent = commit_on("main", "0" * 40, additions=[{"path": "a", "contents": "!"}])
    [error] = (await asked(loose, COMMIT, input=sent))["errors"]
    assert "for fileChanges.additions.0.contents (" in error["message"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("{ nothing }", "Field 'nothing' doesn't exist on type 'Query'"),
        ("{", "Syntax Error"),
        ("{ viewer { " * 3000, ""),
    ],
)
async def test_a_query_that_cannot_be_understood_is_an_error_inside_a_200(
    loose: Sandbox, query: str, words: str
) -> None:
    assert words in (await asked(loose, query))["errors"][0]["message"]
