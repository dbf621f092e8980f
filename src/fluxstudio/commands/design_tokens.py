"""`fluxstudio tokens`: merge, check and convert token files, without a server and without a database."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Literal, ParamSpec

import typer

from fluxstudio.errors import FluxStudioError
from fluxstudio.flows.design_tokens.checking import check as problems_of
from fluxstudio.flows.design_tokens.conversion import to_css, to_dtcg, to_legacy
from fluxstudio.flows.design_tokens.files.reading import (
    MAX_TOKEN_FILE_BYTES,
    TokenDocument,
    TokenFileError,
    read_document,
)
from fluxstudio.flows.design_tokens.merging.merge import merge as merged
from fluxstudio.flows.design_tokens.merging.model import MergeOptions, Policy
from fluxstudio.flows.design_tokens.tree import read_tree

P = ParamSpec("P")

app = typer.Typer(
    help="Merge, check and convert design-token files.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def refusing(run: Callable[P, int]) -> Callable[P, None]:
    """A command that ends with the code it returns, and with 2 and a sentence where a file cannot be read."""

    @wraps(run)
    def started(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            code = run(*args, **kwargs)
        except FluxStudioError as error:
            print(error.message, file=sys.stderr)  # noqa: T201 - the command's own voice
            code = 2
        except BrokenPipeError:
            sys.stderr.close()
            code = 2
        if code:
            raise typer.Exit(code)

    return started


Format = Annotated[Literal["json", "text"], typer.Option("--format", help="json, or the bare text.")]


@app.command()
@refusing
def merge(
    base: Annotated[Path, typer.Option(help="The last version both sides agreed on.")],
    ours: Annotated[Path, typer.Option(help="The tokens currently in Figma.")],
    theirs: Annotated[Path, typer.Option(help="The file in the repository. Its formatting is preserved.")],
    policy: Annotated[Policy, typer.Option(help="Which side wins a conflict.")] = "ask",
    format: Format = "json",  # noqa: A002 - the name of the option
    skipped: Annotated[
        list[str] | None,
        typer.Option(help="A token that couldn't be read from Figma. It is left unchanged."),
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Also write the merged file here.")] = None,
) -> int:
    """Merge three token files.

    Prints {"merged", "conflicts", "text"}: `merged` is the JSON of the merged file, `text` the file itself.
    Ends with 1 where there are conflicts, and with 2 where a file cannot be read.
    """
    documents = [_read(path) for path in (base, ours, theirs)]
    options = MergeOptions(policy=policy, skipped=frozenset(skipped or ()))
    result = merged(documents[0], documents[1], documents[2], options)
    data = documents[2].encoded(result.text)
    if output is not None:
        _write(output, data)
    if format == "text":
        _out(data)
    else:
        conflicts = json.dumps([conflict.as_json() for conflict in result.conflicts])
        text = json.dumps(data.decode("utf-8"))
        _out(f'{{"merged": {result.text.strip()}, "conflicts": {conflicts}, "text": {text}}}\n'.encode())
    return 1 if result.conflicts else 0


@app.command()
@refusing
def check(
    file: Annotated[Path, typer.Argument(help="The token file.")],
    format: Format = "text",  # noqa: A002 - the name of the option
) -> int:
    """Check a token file's names, types, values and references.

    Ends with 1 where something is wrong with a token, and with 2 where the file cannot be used at all: it
    cannot be read, or its references go in circles.
    """
    document = _read(file)
    tree = read_tree(document.root)
    problems = problems_of(tree)
    errors = [problem for problem in problems if problem.level == "error"]
    if format == "json":
        answer = {
            "valid": not errors,
            "tokens": len(tree.tokens),
            "problems": [item.as_json() for item in problems],
        }
        _out(json.dumps(answer).encode() + b"\n")
    else:
        lines = [f"{item.level}: {item.path or 'the file'} {item.message}" for item in problems]
        summary = f"{len(tree.tokens)} tokens, {len(errors)} errors, {len(problems) - len(errors)} warnings"
        _out(("\n".join([*lines, summary]) + "\n").encode("utf-8", "replace"))
    if any(problem.code == "circular" for problem in errors):
        return 2
    return 1 if errors else 0


@app.command()
@refusing
def convert(
    file: Annotated[Path, typer.Argument(help="The token file.")],
    to: Annotated[Literal["dtcg", "legacy", "css"], typer.Option("--to", help="The notation to write.")],
) -> int:
    """Convert a token file to DTCG 2025.10, legacy `value`/`type`, or CSS."""
    document = _read(file)
    text = {"dtcg": to_dtcg, "legacy": to_legacy, "css": to_css}[to](document)
    _out(text.encode("utf-8") if to == "css" else document.encoded(text))
    return 0


def _read(path: Path) -> TokenDocument:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_TOKEN_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise TokenFileError(f"{path} cannot be read: {reason}.") from None
    return read_document(data, str(path))


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise TokenFileError(f"{path} cannot be written: {error.strerror}.") from None


def _out(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
