"""A released folder that was changed is said to be, and no contradiction of its counts is safe."""

from __future__ import annotations

import json
import os
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from ehrivig import cli
from ehrivig.errors import UsageError
from ehrivig.meta import pool_aggregates
from ehrivig.release import verify
from ehrivig.store.sealed import refuse_edited, seal

HEAD = "arm,n,unknown,share_unknown,transferred\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small released folder, sealed."""
    (tmp_path / "manifest.json").write_text(json.dumps({"smallest_cell": 5}))
    (tmp_path / "follow_up.csv").write_text(HEAD + "exposed,80,20,0.25,0\ncontrol,90,30,0.333,0\n")
    (tmp_path / "report.html").write_text("<p>report</p>")
    seal(tmp_path)
    return tmp_path


def said(folder: Path) -> tuple[int, str]:
    done = CliRunner().invoke(cli.app, ["release", "--verify", str(folder)])
    return done.exit_code, done.output


def test_a_folder_as_it_was_written_is_safe(folder: Path) -> None:
    code, text = said(folder)
    assert (code, text.startswith(f"{folder.name}: safe")) == (0, True)


def test_the_folder_that_one_stands_in_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    assert said(Path())[1].startswith(f"{folder.name}: safe")


def test_what_was_edited_added_or_taken_away_is_named(folder: Path) -> None:
    (folder / "report.html").unlink()
    (folder / "follow_up.csv").write_text(HEAD + "exposed,80,21,0.2625,0\ncontrol,90,30,0.333,0\n")
    pl.DataFrame({"patient_id": ["p1"]}).write_parquet(folder / "cohort.parquet")
    code, text = said(folder)
    assert code == 3
    assert f"{folder.name}: not as the run left it" in text
    for line in ("report.html is missing", "follow_up.csv was edited", "cohort.parquet was added"):
        assert line in text


def test_a_link_in_a_release_is_no_file_of_it(folder: Path) -> None:
    (folder / "report.html").rename(folder.parent / "elsewhere.html")
    (folder / "report.html").symlink_to(folder.parent / "elsewhere.html")
    assert "report.html was edited" in said(folder)[1]


def test_rows_of_patients_are_no_file_of_an_older_release(folder: Path) -> None:
    (folder / "manifest.json").write_text('{"smallest_cell": 5}')
    (folder / "cohort.parquet").write_bytes(b"PAR1")
    code, text = said(folder)
    assert (code, "cohort.parquet is no file of a release" in text) == (3, True)


@pytest.mark.parametrize("said_smallest", ['"abc"', "[5]", "-3", "2.5"])
def test_a_smallest_cell_that_is_none_is_refused(folder: Path, said_smallest: str) -> None:
    (folder / "manifest.json").write_text(f'{{"smallest_cell": {said_smallest}}}')
    with pytest.raises(UsageError, match="is no count of people"):
        verify(folder)


def test_a_pipe_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "table1.csv")
    with pytest.raises(UsageError, match=r"table1\.csv is no file"):
        verify(folder)


def test_counts_that_contradict_each_other_are_not_safe(tmp_path: Path) -> None:
    """Both arms have 20 and 30 of it, all have 60: nobody can say what the hidden ones are."""
    (tmp_path / "table1.csv").write_text(
        "variable,label,kind,events_all,n_all,text_all,events_exposed,n_exposed,text_exposed,"
        "events_control,n_control,text_control,smd\n"
        "copd,COPD,binary,200,170,suppressed,,80,suppressed,,90,suppressed,\n"
    )
    found = verify(tmp_path)
    assert found.disclosed
    assert any("no value fits what is told" in line for line in found.lines())


AGGREGATE = (
    "hospital_id,analysis,contrast,outcome,event_label,model,measure,estimate,lo,hi,se,n_exposed,"
    "events_exposed,n_control,events_control,note\n"
    "{name},hospital,x,death,death,logistic,OR,{odds},0.5,1.3,0.24,50,12,60,,\n"
)


def pooled(*sources: Path) -> tuple[int, str]:
    out = sources[0].parent / "pooled"
    command = ["pool", *map(str, sources), "--out", str(out)]
    done = CliRunner().invoke(cli.app, command)
    return getattr(done.exception, "exit_code", done.exit_code), str(done.exception or "")


@pytest.fixture
def sent(tmp_path: Path) -> list[Path]:
    """The releases of two hospitals: one inside its run, one alone."""
    places = [tmp_path / "north" / "release", tmp_path / "south"]
    for place, odds in zip(places, (0.8, 0.9), strict=True):
        place.mkdir(parents=True)
        (place / "manifest.json").write_text(json.dumps({"smallest_cell": 5}))
        (place / "aggregate.csv").write_text(AGGREGATE.format(name=place.parent.name, odds=odds))
        (place / "report.html").write_text("<p>report</p>")
        seal(place)
    (places[1] / "aggregate.csv").write_text(AGGREGATE.format(name="south", odds=0.9))
    seal(places[1])
    return [tmp_path / "north", places[1]]


def test_pool_reads_releases_as_they_were_written(sent: list[Path]) -> None:
    (sent[1] / "report.html").unlink()  # sent without it
    assert pooled(*sent) == (0, "")


@pytest.mark.parametrize("name", ["aggregate.csv", "report.html"])
def test_pool_refuses_an_edited_release_by_name(sent: list[Path], name: str) -> None:
    edited = sent[0] / "release" / name
    edited.write_text(edited.read_text().replace("0.8", "0.3") + "\n")
    code, text = pooled(*sent)
    assert code == 2
    assert f"{name} in 'release' of 'north' was edited since the run wrote it" in text
    assert not (sent[0].parent / "pooled").exists()


def test_pool_refuses_an_edited_file_of_a_release(sent: list[Path]) -> None:
    edited = sent[1] / "aggregate.csv"
    edited.write_text(edited.read_text().replace("0.9", "0.1"))
    assert pooled(sent[0], edited)[0] == 2


def test_pool_reads_a_file_that_was_sent_alone(sent: list[Path]) -> None:
    alone = sent[1].parent / "alone"
    alone.mkdir()
    (sent[1] / "aggregate.csv").rename(alone / "aggregate.csv")
    assert pooled(sent[0], alone / "aggregate.csv")[0] == 0


@pytest.mark.parametrize("name", ["note", "message"])
def test_a_manifest_that_says_more_has_not_the_seal(folder: Path, name: str) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {name: "patient 17 died at 3"}))
    code, text = said(folder)
    assert (code, "manifest.json has not the seal of the run" in text) == (3, True)


def test_without_hashes_nothing_is_as_the_run_left_it(folder: Path) -> None:
    path = folder / "manifest.json"
    told = json.loads(path.read_text())
    del told["files"]
    path.write_text(json.dumps(told))
    assert said(folder)[0] == 3
    with pytest.raises(UsageError, match=r"manifest\.json in .* was edited"):
        refuse_edited(folder)


def test_an_empty_folder_has_a_name_too(folder: Path) -> None:
    (folder / "figures" / "of patient 17").mkdir(parents=True)
    code, text = said(folder)
    assert (code, "figures/of patient 17 was added" in text) == (3, True)


@pytest.mark.parametrize(("signed", "code"), [({}, 3), ({"signed_by": "A. Steward"}, 0)])
def test_small_cells_want_a_name(folder: Path, signed: dict[str, str], code: int) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps({"smallest_cell": 1, "small_cells": signed}))
    seal(folder)
    found, text = said(folder)
    assert (found, "smallest_cell 1 is signed by nobody" in text) == (code, code == 3)


@pytest.mark.parametrize("smallest", [1_000_000, -1, "5", 2.5])
def test_a_cell_of_another_world_is_refused(folder: Path, smallest: object) -> None:
    (folder / "manifest.json").write_text(json.dumps({"smallest_cell": smallest}))
    with pytest.raises(UsageError, match="no count of people"):
        verify(folder)


def test_pool_from_python_refuses_an_edited_release_too(sent: list[Path]) -> None:
    out = sent[0].parent / "from-python"
    assert pool_aggregates(sent, out).hospitals
    path = sent[1] / "aggregate.csv"
    path.write_text(path.read_text().replace("south", "South"))
    with pytest.raises(UsageError, match=r"aggregate\.csv in 'south' .* was edited"):
        pool_aggregates(sent, sent[0].parent / "edited")
    assert not (sent[0].parent / "edited").exists()
