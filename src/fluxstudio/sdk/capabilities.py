"""What providers can do for features that span them; a feature asks for a capability, never for a name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as made_by
from typing import TYPE_CHECKING, Any, Literal

from fluxstudio.sdk.markup.document import Document
from fluxstudio.sdk.operation import Operation

if TYPE_CHECKING:
    from fluxstudio.sdk.api import Api


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftField:
    """A field of a message that a person writes; `name` is what the operation calls it.

    `pairs` are labelled values, one in a line. `wrong` says what to write where the operation refuses it.
    """

    name: str
    label: str
    kind: Literal["line", "text", "choice", "date", "url", "pairs"] = "line"
    choices: Sequence[tuple[str, str]] = ()
    required: bool = True
    help: str = ""
    largest: int = 300
    wrong: str = "Check this field."


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnBlock:
    """A part of a message as people will see it there; each of its `parts` is one field, button or text."""

    kind: Literal["heading", "text", "fields", "buttons", "small"]
    parts: Sequence[Document]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageKind:
    """A kind of message that a person can write: its fields, and how it will look."""

    name: str
    label: str
    operation: Operation
    fields: Sequence[DraftField]
    draw: Callable[[Mapping[str, Any]], Sequence[DrawnBlock]]


@dataclass(frozen=True, slots=True)
class PostedMessage:
    """Where a message stands: the id of its channel, and its own id there."""

    channel: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifier:
    """Can tell people something: lists its channels and posts a message to one of them.

    `channels` answers `[{id, name, is_private, is_archived, is_member, num_members}]`, `send` takes
    `channel` and `text`.

    `lists` are arguments for `channels` that list more and more of them, first the private ones that the
    person is in, then archived ones; `argument` is what operations call
    a channel, and `field` where an event says in which one it happened. A text of the form `is_channel` is
    the id or the name of a channel, and not of something else one can write to. `invite` is what a person
    writes in a channel to have the app in it. `join` has the app join a public channel, given its id, where
    `join_scope` was granted; it raises the product's own errors.

    `asking` makes arguments for `send` out of a plain text, buttons of (label, value) and a link to more; a
    press comes back as `Webhook.pressed`. `posted` reads from what `send` answered where the message stands.
    `settle` changes that message to the plain text and a last line that says what was decided, without
    buttons; it raises the product's own errors.

    `kinds` are the messages that people can write, each sent to a `channel`. `upload` shares a `file` there,
    with a `comment`. `defaults` answers the channel that each kind of message goes to unless another one is
    chosen, by kind; `set_default` takes `kind` and `channel`. `place` is the path at the `web` host of what
    `send` or `upload` answered. `private` are arguments for `channels` that list private ones as well, where
    `private_scope` was granted.
    """

    channels: Operation
    send: Operation
    lists: Sequence[Mapping[str, Any]] = ({},)
    argument: str = "channel"
    field: str = ""
    is_channel: str = ""
    invite: str = ""
    asking: Callable[[str, Sequence[tuple[str, str]], str], Mapping[str, Any]] | None = None
    posted: Callable[[Mapping[str, Any]], PostedMessage] | None = None
    settle: Callable[[Api, PostedMessage, str, str], Awaitable[None]] | None = None
    join: Callable[[Api, str], Awaitable[None]] | None = None
    join_scope: str = ""
    kinds: Sequence[MessageKind] = ()
    upload: Operation | None = None
    defaults: Operation | None = None
    set_default: Operation | None = None
    place: Callable[[Mapping[str, Any]], str] | None = None
    private: Mapping[str, Any] = made_by(default_factory=dict)
    private_scope: str = ""


@dataclass(frozen=True, slots=True)
class TokenExport:
    """A file that a design tool exported: its name, with the folders it is in, and its JSON."""

    name: str
    content: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenImports:
    """Reads variables that come otherwise than by the provider's API, into one shape that is stored as JSON.

    `of_exports` takes exported files, what was read earlier or None, the `collection` they belong to or "",
    and whether they are `everything`; `of_message` takes what the plugin posts. Both raise `InvalidRequest`.
    `tokens` answers of either what the operation `tokens` does. `plugin` makes the plugin as a ZIP archive,
    given the address that it posts to.
    """

    of_exports: Callable[[Sequence[TokenExport], Mapping[str, Any] | None, str, bool], Mapping[str, Any]]
    of_message: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    tokens: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    plugin: Callable[[str], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignFileReader:
    """What there is to see of one design file; every operation takes `fileKey`.

    `about` answers `{name, folder_name, last_touched_at, last_touched_by, thumbnail_url}`, people being
    `{handle, img_url}` or null. `comments` answers `[{id, parent_id?, message, user, created_at,
    resolved_at?}]`, and `comment` takes `message` and the `comment_id` it replies to. `versions` answers
    `[{id, created_at, label, description, user}]` and takes `cursor`; `components` and `styles` answer
    `[{name, description, thumbnail_url?}]`, styles with `style_type`. `frames` answers `[{id, name, page,
    width, height}]`, and `render` makes images of some `ids` in a `format` at a `scale`: `{images}` by id.

    `budget` names the rate limit that the costly calls for a file count for. `path` and `version_path` lead
    to a file, and to one of its versions, at the `web` host.
    """

    about: Operation
    comments: Operation
    comment: Operation
    versions: Operation
    components: Operation
    styles: Operation
    frames: Operation
    render: Operation
    budget: Callable[[str], str]
    path: Callable[[str], str]
    version_path: Callable[[str, str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignSource:
    """Holds design files: `files` answers `{projects: [{id, name, files}], files}`, `follow` keeps a URL.

    `home` is the path at the provider's `web` host where a person finds those addresses. `follows` reads from
    what is remembered of a connection whether it follows anything. `followed` answers
    `{teams, projects: [{id, name}], files: [{key, name}]}`, and `unfollow` takes the `kind` and `id` of one
    and answers its `name` and `url`. `file` shows one file. `tokens` takes `fileKey` and answers `{tokens,
    source, skipped, complete, refused}`: design tokens of a file, what has none, whether all there are came,
    and why variables were refused. `imports` are other ways to the same. `changed` reads from an event, one
    of `changes`, the key of the file whose tokens it may have changed.
    """

    files: Operation
    follow: Operation
    home: str = ""
    followed: Operation | None = None
    unfollow: Operation | None = None
    file: DesignFileReader | None = None
    follows: Callable[[Mapping[str, Any]], bool] = lambda settings: False
    tokens: Operation | None = None
    imports: TokenImports | None = None
    changes: Sequence[str] = ()
    changed: Callable[[str, Mapping[str, Any]], str | None] = lambda event_type, payload: None


@dataclass(frozen=True, slots=True)
class PushedBranch:
    """A branch that got commits, of the repository `owner/name`."""

    repository: str
    branch: str
    is_default: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryReader:
    """What there is to see and to write in one repository; every operation takes `owner` and `repo`.

    `about` answers the repository as the list has it, with `default_branch` and `permissions: {admin}`.
    `issues` and `pulls` take `state` and answer `[{number, title, state, user, created_at, comments?, labels,
    draft?, merged_at?}]`, `commits` `[{sha, commit: {message, author: {name, date}}, author}]` and `branches`
    `[{name, protected, commit: {sha}}]`; all of them take `page` and `per_page`. `issue`, `comments`,
    `comment` (a `body`) and `change` (a `state`) take a `number`, and `create` takes `title` and `body`. A
    user is `{login, avatar_url}`, null where the account is deleted.

    `read` reads what a `body` says. `paths` are the addresses of a `repository`, `issue`, `pull`, `commit`
    and `branch` below the `web` host, with `{repository}` and `{id}` in them.
    """

    about: Operation
    issues: Operation
    issue: Operation
    comments: Operation
    create: Operation
    comment: Operation
    change: Operation
    pulls: Operation
    commits: Operation
    branches: Operation
    read: Callable[[str], Document]
    paths: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeHost:
    """Holds repositories: `repositories` answers `[{full_name, description, private, html_url, …}]`.

    `read_name` reads owner and name out of what a person wrote, given the address of the `web` host; it
    raises `InvalidRequest`. `repository` shows one of them.

    A host that can be proposed to has more. `file` takes `owner`, `repo`, `path` and `branch`, and perhaps
    `commit`, and answers `{branch, commit, content}`, base64 or null. `folder` takes `commit` besides and
    answers the JSON files below a folder, `{files: [{path, content}]}`. `compare` takes commits as `base` and
    `head` and answers `{status}`: ahead, behind, diverged or identical. `proposal` takes `owner`, `repo`,
    `branch` and `base` and answers `{head, pull}`, of the newest pull request from that branch. `propose`
    puts a file on a branch and has a pull request for it, however often it is called. `pushed` reads from an
    event, one of `pushes`, which branch of which repository got commits. `sync` runs a sync of design tokens
    that goes there.
    """

    repositories: Operation
    read_name: Callable[[str, str], tuple[str, str]]
    repository: RepositoryReader | None = None
    file: Operation | None = None
    folder: Operation | None = None
    compare: Operation | None = None
    proposal: Operation | None = None
    propose: Operation | None = None
    sync: Operation | None = None
    pushes: Sequence[str] = ()
    pushed: Callable[[str, Mapping[str, Any]], PushedBranch | None] = lambda event_type, payload: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Somewhere at a provider: its name, what it is (a word), and its path at the `web` host."""

    name: str
    kind: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribable:
    """Tells us what happens somewhere once it is asked to.

    `create` has it do so, and `remove` ends that: it takes the webhook's `id` and whatever else it has
    parameters for among the details kept of it. `events` are the types to choose from, `usual` those chosen
    beforehand; `several` says that one webhook tells of several types.

    `label`, `help` and `example` belong to the field in which a person says where. `arguments_for` makes the
    arguments of `create` out of that, the types chosen and the address of the `web` host; it raises
    `InvalidRequest`. `spot` and `types` read from the details where a webhook listens, and for what. `nearby`
    is an operation without arguments; `suggest` finds in its answer where one may listen, as it would be
    written and in words, and `everywhere` the fewest of them that tell of all the others.

    `field` is where an event says which place it comes from, and `place` writes the value that stands there
    as a person would, given the address of the `web` host: so a rule about one place can be listened to
    without anybody saying where. `covers` says, of a webhook's details and such a value, whether the webhook
    tells of that place: None where that depends on what is in it, which `nearby` answers with the arguments
    `inside` makes of the details; the answer is its third argument, None where it is not to be had.
    """

    create: Operation
    remove: Operation
    events: Sequence[str]
    usual: Sequence[str]
    several: bool
    label: str
    help: str
    example: str
    arguments_for: Callable[[str, Sequence[str], str], Mapping[str, Any]]
    spot: Callable[[Mapping[str, Any]], Spot]
    types: Callable[[Mapping[str, Any]], Sequence[str]]
    nearby: Operation
    suggest: Callable[[Any, str], Sequence[tuple[str, str]]]
    everywhere: Callable[[Any, str], Sequence[str]]
    field: str
    place: Callable[[str, str], str]
    covers: Callable[[Mapping[str, Any], str, Any | None], bool | None]
    inside: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda _: {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """What an operation writes, as people will see it at the provider.

    `place` is where it will be, as people call it, `by` who seems to have written it: the app's name, or ""
    for whoever connected. `blocks` are what it says, `labels` and `people` what is put beside it.
    """

    kind: Literal["message", "issue", "comment"]
    place: str = ""
    by: str = ""
    title: str = ""
    blocks: Sequence[DrawnBlock] = ()
    labels: Sequence[str] = ()
    people: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Previews:
    """Shows what operations write before they are called: `draw` by the operation's name.

    Each takes the arguments as far as they are filled in, under their public names, and never raises.
    """

    draw: Mapping[str, Callable[[Mapping[str, Any]], Drawing]]


Capability = Notifier | DesignSource | CodeHost | Subscribable | Previews
