"""A run that is held to a protocol: refused before any event where the study has another one."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from fuzz.base import short_study, small_extract
from typer.testing import CliRunner

from ehrivig import cli, pipeline
from ehrivig import study as studies
from ehrivig.errors import UsageError
from ehrivig.study import declared
from ehrivig.study.declared import differences, held
from ehrivig.study.protocol import as_json, digest, protocol

pytestmark = pytest.mark.usefixtures("quickly")

LIU = studies.load("ivig_covid19")
HASH = protocol(LIU)["protocol_hash"]


def changed(study: studies.Study, section: str, **values: Any) -> studies.Study:
    part = getattr(study, section).model_copy(update=values)
    return study.model_copy(update={section: part})


def written(folder: Path, content: dict[str, Any]) -> str:
    path = folder / "p.json"
    path.write_text(as_json(content), encoding="utf-8")
    return str(path)


def refused(study: studies.Study, given: str) -> str:
    with pytest.raises(UsageError) as raised:
        held(study, given)
    assert raised.value.exit_code == 2
    return str(raised.value)


@pytest.mark.parametrize("digits", [12, 13, 64])
def test_a_hash_by_its_beginning(digits: int) -> None:
    assert held(LIU, HASH[:digits]) == HASH
    assert held(LIU, HASH[:digits].upper()) == HASH


def test_another_hash_is_refused_with_both() -> None:
    other = changed(LIU, "study", seed=12)
    said = refused(other, HASH)
    assert HASH in said
    assert protocol(other)["protocol_hash"] in said
    assert "ehrivig study diff" in said


@pytest.mark.parametrize("given", ["", HASH[:11], "g" * 12, "gone.json", f"{HASH}0", "."])
def test_what_is_neither_hash_nor_file(tmp_path: Path, given: str) -> None:
    assert "is no hash of 12 digits or more, and no file" in refused(LIU, given)


def test_a_file_of_the_protocol(tmp_path: Path) -> None:
    assert held(LIU, written(tmp_path, protocol(LIU))) == HASH


def test_what_differs_is_named_key_by_key(tmp_path: Path) -> None:
    given = written(tmp_path, protocol(LIU))
    other = changed(changed(LIU, "study", seed=12), "match", caliper=0.05)
    said = refused(other, given)
    assert f"study.seed: {LIU.study.seed} -> 12; match.caliper: 0.02 -> 0.05. Run" in said


def test_many_differences_are_counted(tmp_path: Path) -> None:
    given, other = written(tmp_path, protocol(LIU)), studies.load("vasopressin_septic_shock")
    said = refused(other, given)
    more = len(differences(protocol(LIU), protocol(other))) - declared._MOST_TOLD
    assert more > 0
    assert f"; and {more} more. Run" in said
    assert len(said) < declared._MOST_TOLD * (declared._LONGEST + 10) + 500


def test_the_words_of_another_version_are_told_as_such(tmp_path: Path) -> None:
    old = protocol(LIU)
    old["items"] = [
        one | {"emulation": "otherwise"} if one["part"] == "Outcome" else one
        for one in old["items"]
    ]
    old["protocol_hash"] = digest(old)
    said = refused(LIU, written(tmp_path, old))
    assert "the words of Outcome; the study is the same, and another version of ehrivig" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("not json", "is no protocol"),
        ("[]", "is no protocol"),
        ("{}", "is no protocol"),
        ('{"protocol_hash": 1}', "is no protocol"),
        ('{"protocol_hash": "00"}', "was changed after it was written"),
        ("[" * 100_000, "is no protocol"),
        ("\udcff", "is no protocol"),
        (" " * 5_000_001, "is too large"),
    ],
)
def test_a_file_that_is_no_protocol(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "p.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert said in refused(LIU, str(path))


def test_a_protocol_that_was_edited(tmp_path: Path) -> None:
    content = protocol(LIU)
    content["answer"]["horizon_days"] = 90
    assert "was changed after it was written" in refused(LIU, written(tmp_path, content))


def test_a_protocol_whose_parts_are_no_tables(tmp_path: Path) -> None:
    """Well hashed, and made by hand."""
    content: dict[str, Any] = {"settings": [], "own_files": "x", "items": {"a": 1}}
    content["protocol_hash"] = digest(content)
    assert "another protocol than the one declared" in refused(LIU, written(tmp_path, content))


def test_the_hash_is_the_same_from_every_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files beside the study file count by name and content, wherever the command is given."""
    home = tmp_path / "home"
    (home / "own").mkdir(parents=True)
    (home / "map.toml").write_text("", encoding="utf-8")
    short_study(home / "study.toml", extract={"mappings": "map.toml", "layout": "own"})
    found = []
    for place in (home, tmp_path, Path("/")):
        monkeypatch.chdir(place)
        study = studies.load(os.path.relpath(home / "study.toml"))
        found.append(protocol(study))
    assert found[0] == found[1] == found[2]
    assert found[0]["settings"]["extract.mappings"] == "map.toml"
    assert str(tmp_path) not in as_json(found[2])


def run_command(*words: object) -> Any:
    return CliRunner().invoke(cli.app, ["run", *map(str, words), "--quiet"])


def test_a_run_is_held_to_what_was_declared(tmp_path: Path) -> None:
    """Refused before anything is read; as declared, and not, it says which."""
    study, out = short_study(tmp_path / "study.toml"), tmp_path / "out"
    given = tmp_path / "p.json"
    done = CliRunner().invoke(cli.app, ["protocol", str(study), "--out", str(given)])
    assert done.exit_code == 0, done.output
    declared_ = json.loads(given.read_text(encoding="utf-8"))["protocol_hash"]
    other = short_study(tmp_path / "other.toml", study={"seed": 12})
    done = run_command(other, "--extract", tmp_path / "gone", "--out", out, "--protocol", given)
    assert isinstance(done.exception, UsageError)
    assert "-> 12" in str(done.exception)
    assert not out.exists()
    history = pl.read_csv(tmp_path / "out.attempts" / "history.csv")
    assert history["exit_code"].to_list() == [2]

    done = run_command(study, "--extract", tmp_path / "gone", "--out", out, "--protocol", "")
    assert "'' is no hash" in str(done.exception)  # a variable of a shell that holds nothing

    extract = small_extract(tmp_path / "x")
    here = ("--extract", extract, "--out", out)
    for options, held_to in ((("--protocol", given), declared_), ((), None)):
        done = run_command(study, *here, *options)
        assert done.exit_code == 0, done.exception
        for folder in (out, out / "release"):
            manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
            assert manifest["declared_protocol"] == held_to
        page = (out / "report.html").read_text(encoding="utf-8")
        assert (f"As declared: <code>{declared_}</code>" in page) == (held_to is not None)
        assert ("held to none that was declared beforehand" in page) == (held_to is None)
        assert "Fixed before any event" not in page


def test_a_run_that_keeps_no_patient_is_as_declared(tmp_path: Path) -> None:
    """The estimates of each hospital that it adds are said."""
    study, out = (
        studies.load(short_study(tmp_path / "study.toml", analysis={"pool_hospitals": False})),
        tmp_path / "out",
    )
    hash_ = protocol(study)["protocol_hash"]
    options = pipeline.Options(aggregate_only=True)
    done = pipeline.run(
        study, small_extract(tmp_path / "x"), out, options=options, declared=hash_[:12]
    )
    assert done.exit_code == 0, done.message
    page = (out / "release" / "report.html").read_text(encoding="utf-8")
    own = json.loads((out / "release" / "protocol.json").read_text(encoding="utf-8"))
    assert own["protocol_hash"] != hash_
    assert f"As declared: <code>{hash_}</code>" in page
    assert f"besides (<code>--aggregate-only</code>) it is <code>{own['protocol_hash']}" in page
