"""The simulated GitHub's objects, as its REST API shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from fluxstudio.providers.github.simulator.answers import Problem
from fluxstudio.providers.github.simulator.git import CommitSignature, GitStore

Json = dict[str, Any]

ROLES = ("read", "triage", "write", "maintain", "admin")
LICENSES = {"mit": ("MIT License", "MIT"), "apache-2.0": ("Apache License 2.0", "Apache-2.0")}
NO_REACTIONS = dict.fromkeys(("+1", "-1", "laugh", "confused", "heart", "hooray", "eyes", "rocket"), 0)

NO_REPLY_DOMAIN = "users.noreply.github.example"
# What GitHub commits with when it commits for somebody.
WEB_FLOW_LOGIN = "web-flow"
WEB_FLOW: Json = {"id": 19864447, "name": "GitHub", "email": "noreply@github.com", "type": "User"}

OF_A_PERSON = {
    "followers_url": "followers",
    "following_url": "following{/other_user}",
    "gists_url": "gists{/gist_id}",
    "starred_url": "starred{/owner}{/repo}",
    "subscriptions_url": "subscriptions",
    "organizations_url": "orgs",
    "repos_url": "repos",
    "events_url": "events{/privacy}",
    "received_events_url": "received_events",
}
OF_A_REPOSITORY = {
    "archive_url": "{archive_format}{/ref}",
    "assignees_url": "assignees{/user}",
    "blobs_url": "git/blobs{/sha}",
    "branches_url": "branches{/branch}",
    "collaborators_url": "collaborators{/collaborator}",
    "comments_url": "comments{/number}",
    "commits_url": "commits{/sha}",
    "compare_url": "compare/{base}...{head}",
    "contents_url": "contents/{+path}",
    "contributors_url": "contributors",
    "deployments_url": "deployments",
    "downloads_url": "downloads",
    "events_url": "events",
    "forks_url": "forks",
    "git_commits_url": "git/commits{/sha}",
    "git_refs_url": "git/refs{/sha}",
    "git_tags_url": "git/tags{/sha}",
    "hooks_url": "hooks",
    "issue_comment_url": "issues/comments{/number}",
    "issue_events_url": "issues/events{/number}",
    "issues_url": "issues{/number}",
    "keys_url": "keys{/key_id}",
    "labels_url": "labels{/name}",
    "languages_url": "languages",
    "merges_url": "merges",
    "milestones_url": "milestones{/number}",
    "notifications_url": "notifications{?since,all,participating}",
    "pulls_url": "pulls{/number}",
    "releases_url": "releases{/id}",
    "stargazers_url": "stargazers",
    "statuses_url": "statuses/{sha}",
    "subscribers_url": "subscribers",
    "subscription_url": "subscription",
    "tags_url": "tags",
    "teams_url": "teams",
    "trees_url": "git/trees{/sha}",
}


def permissions(role: str | None) -> dict[str, bool]:
    """What somebody of a role may do; None is a stranger, who may look at what is public."""
    rank = ROLES.index(role) if role else 0
    return {
        "admin": rank >= 4,
        "maintain": rank >= 3,
        "push": rank >= 2,
        "triage": rank >= 1,
        "pull": True,
    }


def node_id(kind: str, number: int) -> str:
    """An opaque global id."""
    return f"{kind}_kwDO{number:08X}"


@dataclass(frozen=True)
class AccountDirectory:
    """Accounts as others see them."""

    data: Mapping[str, Any]
    api: str
    web: str
    avatars: str

    def account(self, login: str) -> Json:
        """The person or organisation of that login. Raises `Problem` (404)."""
        person: Json | None = WEB_FLOW if login == WEB_FLOW_LOGIN else self.data["people"].get(login)
        if person is None:
            raise Problem(404, "Not Found")
        return person

    def simple(self, login: str) -> Json:
        """Somebody as they appear inside other objects."""
        person = self.account(login)
        url = f"{self.api}/users/{login}"
        return {
            "login": login,
            "id": person["id"],
            "node_id": node_id("U" if person["type"] == "User" else "O", person["id"]),
            "avatar_url": f"{self.avatars}/u/{person['id']}?v=4",
            "gravatar_id": "",
            "url": url,
            "html_url": f"{self.web}/{login}",
            **{name: f"{url}/{rest}" for name, rest in OF_A_PERSON.items()},
            "type": person["type"],
            "user_view_type": "public",
            "site_admin": False,
        }

    def login_of(self, email: str) -> str | None:
        """Whose address that is."""
        if email == WEB_FLOW["email"]:
            return WEB_FLOW_LOGIN
        local, _, domain = email.partition("@")
        if domain == NO_REPLY_DOMAIN and (login := local.partition("+")[2]) in self.data["people"]:
            return login
        people: Mapping[str, Json] = self.data["people"]
        return next((login for login, person in people.items() if person["email"] == email), None)

    def signing(self, signature: CommitSignature) -> Json | None:
        """The account of whoever signed a commit."""
        login = self.login_of(signature.email)
        return self.simple(login) if login else None

    def profile(self, login: str, *, private: bool) -> Json:
        """The signed-in person; `private` adds what only `read:user` shows."""
        person = self.account(login)
        repositories = self.data["repositories"].values()
        own = [repository for repository in repositories if repository["owner"] == login]
        hidden = [repository for repository in own if repository["private"]]
        reached = [r for r in repositories if r["private"] and login in r["roles"]]
        profile_fields = {
            name: person[name]
            for name in ("name", "company", "blog", "location", "email", "bio", "followers", "following")
        }
        profile = {
            **self.simple(login),
            **profile_fields,
            "hireable": None,
            "twitter_username": None,
            "public_repos": len(own) - len(hidden),
            "public_gists": 0,
            "created_at": person["created_at"],
            "updated_at": person["updated_at"],
        }
        if not private:
            return profile
        return {
            **profile,
            "user_view_type": "private",
            "private_gists": 0,
            "total_private_repos": len(reached),
            "owned_private_repos": len(hidden),
            "disk_usage": sum(repository["size"] for repository in own),
            "collaborators": 0,
            "two_factor_authentication": True,
        }


@dataclass(frozen=True)
class ViewedRepository:
    """One repository and what is in it, as `viewer` sees it."""

    repository: Json
    people: AccountDirectory
    viewer: str

    @property
    def name(self) -> str:
        """`owner/name`."""
        return f"{self.repository['owner']}/{self.repository['name']}"

    @property
    def role(self) -> str | None:
        """The viewer's role here."""
        role: str | None = self.repository["roles"].get(self.viewer)
        return role

    @property
    def may(self) -> dict[str, bool]:
        """What the viewer may do here."""
        return permissions(self.role)

    @cached_property
    def api(self) -> str:
        """Its address in the API."""
        return f"{self.people.api}/repos/{self.name}"

    @cached_property
    def web(self) -> str:
        """Its address for people."""
        return f"{self.people.web}/{self.name}"

    @cached_property
    def store(self) -> GitStore:
        """Its objects."""
        return GitStore(self.repository)

    def branch(self, name: str) -> Json | None:
        """The branch of that name: `{name, tip, protected}`."""
        branches: list[Json] = self.repository["branches"]
        return next((entry for entry in branches if entry["name"] == name), None)

    def resolve(self, revision: str) -> str | None:
        """The id of the commit that a branch, a tag or an id means."""
        name = revision.removeprefix("refs/")
        branch = self.branch(name.removeprefix("heads/"))
        if branch is not None:
            return str(branch["tip"])
        tags: dict[str, str] = self.repository.get("tags", {})
        if (tag := tags.get(name.removeprefix("tags/"))) is not None:
            return tag
        if name in ("HEAD", "") and (default := self.branch(self.repository["default_branch"])):
            return str(default["tip"])
        return self.store.commit_starting(revision) if revision else None

    def summary(self) -> Json:
        """The repository as lists show it."""
        repository = self.repository
        open_issues = sum(issue["state"] == "open" for issue in repository["issues"])
        plain = ("id", "name", "private", "description", "homepage", "language", "topics", "size")
        times = ("default_branch", "created_at", "updated_at", "pushed_at")
        return {
            **{name: repository[name] for name in (*plain, *times)},
            "node_id": node_id("R", repository["id"]),
            "full_name": self.name,
            "owner": self.people.simple(repository["owner"]),
            "html_url": self.web,
            "url": self.api,
            **{name: f"{self.api}/{rest}" for name, rest in OF_A_REPOSITORY.items()},
            "git_url": f"git://github.com/{self.name}.git",
            "ssh_url": f"git@github.com:{self.name}.git",
            "clone_url": f"{self.web}.git",
            "svn_url": self.web,
            "mirror_url": None,
            "fork": False,
            "archived": False,
            "disabled": False,
            "is_template": False,
            "allow_forking": True,
            "web_commit_signoff_required": False,
            "has_issues": True,
            "has_projects": True,
            "has_wiki": False,
            "has_pages": False,
            "has_discussions": False,
            "has_downloads": True,
            "license": self._license(),
            "visibility": "private" if repository["private"] else "public",
            "forks": 0,
            "forks_count": 0,
            "open_issues": open_issues,
            "open_issues_count": open_issues,
            "watchers": repository["stars"],
            "watchers_count": repository["stars"],
            "stargazers_count": repository["stars"],
            **({"permissions": self.may} if self.viewer else {}),
        }

    def whole(self) -> Json:
        """The repository as its own page shows it."""
        owner = self.people.account(self.repository["owner"])
        organisation = {"organization": self.people.simple(owner["login"])} if owner["type"] != "User" else {}
        watching = len(self.repository["roles"])
        return {**self.summary(), "network_count": 0, "subscribers_count": watching, **organisation}

    def _license(self) -> Json | None:
        key = self.repository["license"]
        if key is None:
            return None
        name, spdx = LICENSES[key]
        url = f"{self.people.api}/licenses/{key}"
        return {"key": key, "name": name, "spdx_id": spdx, "url": url, "node_id": f"L_{key}"}
