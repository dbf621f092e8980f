"""Whatever is not changed keeps its bytes: indent, order, line ends, spelling of numbers, escapes."""

from __future__ import annotations

import pytest

from fluxstudio.flows.design_tokens.files.reading import TokenFileError, read_document
from fluxstudio.flows.design_tokens.merging.merge import merge

WILD = (
    '{\r\n\t"$schema" : "x",\r\n\r\n\t"b":{"$type":"number","$value":1.0, "note":"caf\\u00e9"},'
    '\r\n\t"a": { "$type": "number", "$value": 1e3 },\r\n\t"c": { "$type": "number", "$value": 7 }'
    "\r\n}\r\n\r\n"
)


def merged(theirs: str, ours: str, base: str | None = None) -> str:
    documents = [read_document(text.encode()) for text in (base or theirs, ours, theirs)]
    return merge(documents[0], documents[1], documents[2]).text


def test_a_changed_number_changes_its_literal_and_nothing_else() -> None:
    assert merged(WILD, WILD.replace("1e3", "1001")) == WILD.replace("1e3", "1001")


def test_a_removed_token_takes_its_comma_and_its_line() -> None:
    last = ',\r\n\t"c": { "$type": "number", "$value": 7 }'
    assert merged(WILD, WILD.replace(last, "")) == WILD.replace(last, "")
    middle = '\r\n\t"a": { "$type": "number", "$value": 1e3 },'
    assert merged(WILD, WILD.replace(middle, "")) == WILD.replace(middle, "")


def test_a_new_token_looks_like_its_neighbour() -> None:
    new = ',\r\n\t"d": { "$type": "number", "$value": 9 }'
    ours = WILD.replace('"$value": 7 }', '"$value": 7 }' + new)
    assert merged(WILD, ours) == ours


def test_a_renamed_token_keeps_its_place() -> None:
    base = '{\n  "x": {\n    "a": {"$type": "number", "$value": 1'
    base += ', "$extensions": {"com.figma.variableId": "v"}},\n'
    base += '    "b": {"$type": "number", "$value": "{x.a}"}\n  }\n}'
    ours = base.replace('"a"', '"first"').replace("{x.a}", "{x.first}")
    assert merged(base, ours) == ours


def test_a_whole_group_is_renamed_by_its_key() -> None:
    token = '{"$type": "number", "$value": 1.50, "$extensions": {"com.figma.variableId": "%s"}}'
    base = '{"old": {"$description": "Kept", "a": ' + token % 1 + ', "b": ' + token % 2 + "}}"
    ours = base.replace('"old"', '"new"').replace("1.50", "1.5")
    assert merged(base, ours) == base.replace('"old"', '"new"')


@pytest.mark.parametrize("line", ["\n", "\r\n"])
@pytest.mark.parametrize("indent", ["  ", "\t", "    "])
def test_a_new_group_has_the_indent_of_the_file(line: str, indent: str) -> None:
    base = '{|>"a": {|>>"x": {|>>>"$type": "number",|>>>"$value": 1|>>}|>}|}|'
    ours = base.replace("|>}|}", '|>},|>"n": {|>>"y": {|>>>"$type": "number",|>>>"$value": 2|>>}|>}|}')
    base, ours = (text.replace("|", line).replace(">", indent) for text in (base, ours))
    assert merged(base, ours) == ours


def test_a_compact_file_stays_on_one_line() -> None:
    base = '{"a":{"$type":"number","$value":1}}'
    ours = '{"a":{"$type":"number","$value":1},"b":{"$type":"number","$value":2}}'
    assert merged(base, ours) == ours
    assert merged(ours, base) == base


def test_a_byte_order_mark_is_kept() -> None:
    document = read_document(b"\xef\xbb\xbf{}\r\n")
    assert document.encoded(document.text) == b"\xef\xbb\xbf{}\r\n"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\xff\xfe{\x00", "not UTF-8"),
        (b"", "not JSON"),
        (b"[]", "no JSON object"),
        (b'{"a": 1, // no\n}', "Comments and trailing commas"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": 1e999}', "too large"),
        (b'{"a": ' + b"9" * 5000 + b"}", "too many digits"),
        (b'{"a": "\\ud800"}', "half a character"),
        (b'{"a":' * 200 + b"1" + b"}" * 200, "levels deep"),
        (b'{"a":' * 100_000, "levels deep"),
        (b" " * (17 * 1024 * 1024), "larger than"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_words(data: bytes, words: str) -> None:
    with pytest.raises(TokenFileError, match=words):
        read_document(data, "tokens.json")
