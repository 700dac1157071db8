"""Every value of a study file has its line, however the file is written."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ehrivig import study
from ehrivig.study.lines import Path, lines_of

WRITTEN = """\
# a comment = "no key"
title = "a # b" # [no.table]
[a.b]   # implied a
c = 1
'quoted key' = 'x = [1, 2]'
"with.dot" = \"\"\"
[no]
key = 1
\"\"\"
d.e = { f = [1, 2,
  # "]"
  { g = "}" }, ], h = 1979-05-27T07:32:00Z }
[[a.list]]
n = 1
[a.list.sub]
m = '''
]]'''
[[a.list]]
n = 2
[[a.list.inner]]
k = +1_000
[[a.list.inner]]
k = inf
[last]
empty = []
none = {}
"""


def paths(value: Any, at: Path = ()) -> set[Path]:
    """Every place in what tomllib gives."""
    inside = {} if not isinstance(value, dict | list) else value
    items = inside.items() if isinstance(inside, dict) else enumerate(inside)
    found = {at} - {()}
    for key, part in items:
        found |= paths(part, (*at, key))
    return found


def test_lines_are_those_of_an_editor() -> None:
    found = lines_of(WRITTEN)
    assert set(found) == paths(tomllib.loads(WRITTEN))
    text = WRITTEN.splitlines()
    assert found["a",] == 3
    assert found["a", "b", "quoted key"] == text.index("'quoted key' = 'x = [1, 2]'") + 1
    assert found["a", "b", "d", "e", "f", 1] == 10
    assert found["a", "b", "d", "e", "f", 2, "g"] == 12
    assert found["a", "b", "d", "e", "h"] == 12
    assert found["a", "list", 0, "sub", "m"] == text.index("m = '''") + 1
    assert found["a", "list", 1, "n"] == text.index("n = 2") + 1
    assert found["a", "list", 1, "inner", 1, "k"] == text.index("k = inf") + 1
    assert found["last", "none"] == len(text)


@pytest.mark.parametrize("name", study.packaged())
def test_every_place_of_a_packaged_study_has_a_line(name: str) -> None:
    text = study.locate(name).read_text(encoding="utf-8")
    found = lines_of(text)
    assert set(found) == paths(tomllib.loads(text))
    lines = text.splitlines()
    for place, line in found.items():
        if isinstance(place[-1], str):
            assert place[-1] in lines[line - 1]


KEYS = st.sampled_from(["a", "b-1", "_c", "Z9", '"q.k"', "'l k'", '"\\u00e9"'])
SCALARS = st.sampled_from(
    [
        *("1", "-2.5e3", "true", "2020-01-01", "07:32:00", "nan"),
        *('"t"', '"a\\"]#"', "'\\'", '""', '"""\n]\n"""', "'''\n}''\n'''", '"""""x"""'),
    ]
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: "[ # ]\n" + ",\n".join(items) + "]"),
        st.dictionaries(KEYS, inner, max_size=3).map(
            lambda items: "{" + ", ".join(f"{k} = {v}" for k, v in items.items()) + "}"
        ),
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(KEYS, VALUES, max_size=4), st.booleans())
def test_whatever_tomllib_reads_has_lines(pairs: dict[str, str], windows: bool) -> None:
    text = "[t]\n" + "".join(f"{key} = {value}  # end\n" for key, value in pairs.items())
    text = text.replace("\n", "\r\n") if windows else text
    assert set(lines_of(text)) == paths(tomllib.loads(text))
