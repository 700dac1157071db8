"""Every reader of a file that somebody else wrote: what it cannot read is one short message.

EHRIVIG_READS sets how many damaged files each reader is given (40 here; 700 is 5,000 in all).
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ehrivig import audit, resources, study
from ehrivig.codes import own
from ehrivig.errors import EhrivigError, ExtractError, UsageError
from ehrivig.extract import layouts
from ehrivig.meta.aggregates import read_aggregate
from ehrivig.meta.trials import read_trials
from ehrivig.release import verify
from ehrivig.release.attack import attack
from ehrivig.study import regimen
from ehrivig.validate import mapping

READS = int(os.environ.get("EHRIVIG_READS", "40"))
MOST_LINES = 50
_EVIDENCE = Path(audit.__file__).parents[1] / "meta" / "evidence"
_MAPPING = """[[unit]]
hospital = "A"
analyte = "crp"
from = "mg/dL"
to = "mg/L"
factor = 10.0
signed_by = "x"
date = 2026-01-02
reason = "y"
"""
_AGGREGATE = (
    "hospital_id,analysis,contrast,outcome,event_label,model,measure,estimate,lo,hi,se,n_exposed,"
    "events_exposed,n_control,events_control,note\n"
    "A,hospital,x,death,death,logistic,OR,0.8,0.5,1.3,0.24,50,12,60,,\n"
)
_RELEASED = "step,label,hospital_id,patients,admissions,excluded,excluded_not_measured\n" + "".join(
    f"{step},x,{name},{90 - 9 * step},{90 - 9 * step},{9 if step else 0},0\n"
    for step in range(3)
    for name in ("A", "all")
)


def _layout(folder: Path, content: bytes) -> Any:
    for name in ("admission", "patient", "lab"):
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.sql").write_bytes(content)
    return layouts.load(str(folder))


def _lists(folder: Path, content: bytes) -> Any:
    (folder / "drugs").mkdir(parents=True, exist_ok=True)
    (folder / "drugs" / "mine.csv").write_bytes(content)
    return own.read(folder)


def _file(name: str, read: Callable[[Path], Any]) -> Callable[[Path, bytes], Any]:
    def given(folder: Path, content: bytes) -> Any:
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
        return read(folder / name)

    return given


_LEDGER = (
    "hospital_id,table,rows_read,rows_used,rows_out_of_scope,rows_quarantined,rounded_down_to\n"
    "A,procedure,40,35,5,0,5\nA,patient,90,60,30,0,5\n"
)
_EFFECTS = (
    "analysis,contrast,outcome,model,measure,population,estimate,n_exposed,events_exposed,n_control,"
    "events_control,adjusted,note\n"
    "main,a vs b,death,logistic,OR,all,0.7,40,20,60,30,false,x\n"
    "subgroup,age: yes,death,logistic,OR,all,0.7,15,10,25,10,false,x\n"
    "subgroup,age: no,death,logistic,OR,all,,25,10,35,,false,x\n"
)
_ROUNDING = "counts_rounded_to,smallest_cell\n5,5\n"


def _released(name: str) -> Callable[[Path, bytes], Any]:
    """A table of a release beside its attrition; attacked, and held against itself before."""

    def given(folder: Path, content: bytes) -> Any:
        folder.mkdir(exist_ok=True)
        (folder / "attrition.csv").write_text(_RELEASED)
        (folder / name).write_bytes(content)
        earlier = folder.with_name(f"{folder.name}-before")
        earlier.mkdir(exist_ok=True)
        (earlier / "attrition.csv").write_text(_RELEASED)
        return verify(folder, 5, [earlier])

    return given


READERS: dict[str, tuple[Callable[[Path, bytes], Any], bytes]] = {
    "study": (
        _file("study.toml", study.load),
        study.locate("ivig_sepsis").read_bytes(),
    ),
    "regimen": (
        _file("mine.toml", regimen.load),
        (resources.regimens_folder() / "gbs.toml").read_bytes().replace(b'"gbs"', b'"mine"'),
    ),
    "mapping": (_file("mappings.toml", mapping.load), _MAPPING.encode()),
    "layout": (_layout, b"-- a\nSELECT 1 AS hospital_id, 'x' AS admission_id FROM source.a\n"),
    "lists": (
        _lists,
        (Path(own.__file__).parent / "codelists" / "drugs" / "ivig.csv").read_bytes(),
    ),
    "audit": (
        _file("t.csv", lambda path: audit.audit([path])),
        (_EVIDENCE / "liu2020_table3.csv").read_bytes(),
    ),
    "meta": (_file("t.csv", read_trials), (_EVIDENCE / "laupland2007_trials.csv").read_bytes()),
    "aggregate": (_file("aggregate.csv", read_aggregate), _AGGREGATE.encode()),
    "release": (
        _file("attrition.csv", lambda path: attack(path.parent, 5)),
        _RELEASED.encode(),
    ),
    "released ledger": (_released("ledger.csv"), _LEDGER.encode()),
    "released effects": (_released("effects.csv"), _EFFECTS.encode()),
    "released rounding": (_released("rounding.csv"), _ROUNDING.encode()),
}
PIECES: tuple[bytes, ...] = (
    *(b"\xff", b"\xe9", b"\x00", b"\xef\xbb\xbf", b"\r", b'"', b"'", b",", b"=", b"[", b"]", b"{"),
    *(b"inf", b"-inf", b"nan", b"1e999", b"-1", b"0", b"9" * 400, b"text", b"", b"\n", b"#", b";"),
    *(
        b"[" * 2000,
        b"{a=" * 500,
        b"a.b." * 300,
        b"[[x]]\n",
        b'k = "v"\n' * 3,
        b"\\u0000",
        b"(" * 900,
    ),
)


def damaged(content: bytes, chance: random.Random) -> bytes:
    """A file with up to four pieces of it replaced, doubled, cut off or moved."""
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(content) + 1)
        length = chance.choice((0, 1, 1, 3, 20, 200))
        match chance.randrange(4):
            case 0:
                content = content[:at] + chance.choice(PIECES) + content[at + length :]
            case 1:
                content = content[:at] + content[at : at + length] * 3 + content[at + length :]
            case 2:
                content = content[:at]
            case _:
                cells = content.split(chance.choice((b",", b"=", b"\n")))
                cells[chance.randrange(len(cells))] = chance.choice(PIECES)
                content = chance.choice((b",", b"=", b"\n")).join(cells)
    return content


def refused(read: Callable[[Path, bytes], Any], folder: Path, content: bytes) -> str:
    """What a reader says of a file; empty when it read it. Any other error is the test's."""
    try:
        read(folder, content)
    except (UsageError, ExtractError) as error:
        return str(error)
    return ""


@pytest.mark.parametrize("name", READERS)
def test_a_damaged_file_is_read_or_refused_in_few_lines(name: str, tmp_path: Path) -> None:
    read, content = READERS[name]
    assert refused(read, tmp_path / "whole", content) == "" or name == "mapping"
    chance = random.Random(20261128)
    for number in range(READS):
        told = refused(read, tmp_path / "damaged", damaged(content, chance))
        assert told.count("\n") < MOST_LINES, (number, told[:300])
        assert len(told) < 20_000, number


@pytest.mark.parametrize(
    "name", [name for name in READERS if name not in ("layout", "lists") and " " not in name]
)
def test_a_folder_is_no_file(name: str, tmp_path: Path) -> None:
    read_path = {"study": "study.toml", "regimen": "mine.toml", "mapping": "mappings.toml"}
    file = tmp_path / read_path.get(name, "t.csv")
    file.mkdir()
    (file / "x").write_text("x")
    with pytest.raises(EhrivigError) as told:
        {
            "study": study.load,
            "regimen": regimen.load,
            "mapping": mapping.load,
            "audit": lambda path: audit.audit([path]),
            "meta": read_trials,
            "aggregate": read_aggregate,
            "release": lambda path: attack(path, 5),
        }[name](file)
    assert told.value.exit_code == 2


@pytest.mark.parametrize("name", READERS)
def test_a_byte_order_mark_is_read(name: str, tmp_path: Path) -> None:
    read, content = READERS[name]
    plain = refused(read, tmp_path / "a", content)
    marked = refused(read, tmp_path / "b", b"\xef\xbb\xbf" + content)
    assert marked.replace("/b/", "/a/") == plain


@pytest.mark.parametrize("cell", ["1e999", "1e-999", "inf", "9" * 400])
def test_a_printed_number_that_no_machine_holds_is_refused(cell: str, tmp_path: Path) -> None:
    read, content = READERS["audit"]
    told = refused(read, tmp_path / "x", content.replace(b",0.95,", f",{cell},".encode()))
    assert "is not a finite number" in told or "is not a printed number" in told


def test_hundred_thousand_unknown_keys_are_one_short_message(tmp_path: Path) -> None:
    read, content = READERS["study"]
    many = "".join(f"key_{number} = {number}\n" for number in range(100_000)).encode()
    told = refused(read, tmp_path / "x", many + content)
    assert told
    assert told.count("\n") < MOST_LINES
