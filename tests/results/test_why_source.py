"""An admission read again: evidence, grams and sources, as the run counted them."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from results.finished import finished

from ehrivig.cli import main
from ehrivig.errors import ExtractError, UsageError
from ehrivig.results.why import why

GRAMS = re.compile(r": ([\d.]+) g(?: \(|$)")


def stays() -> pl.DataFrame:
    return pl.read_parquet(finished()[2] / "analysis.parquet")


def asked(row: dict[str, Any], dump: Path | None = None, **words: Any) -> dict[str, Any]:
    found = why(
        finished()[2],
        row["hospital_id"],
        str(row["admission_id"]),
        extract=dump or finished()[0],
        **words,
    )
    return {one.heading: one.lines for one in found}


def doubtful_dose() -> dict[str, Any]:
    """Somebody with a row of the drug in quarantine, or with an amount that nobody knows."""
    aside = pl.read_parquet(finished()[2] / "quarantine/medication.parquet")
    key = ["hospital_id", "admission_id"]
    some = stays().filter("exposed").join(aside.select(key).unique(), on=key, how="semi")
    unknown = stays().filter(pl.col("dose_complete") == False)  # noqa: E712
    return pl.concat([unknown, some]).to_dicts()[0]


@pytest.mark.parametrize("whom", ["exposed", "doubtful"])
def test_grams_and_values_are_those_of_the_run(whom: str) -> None:
    row = stays().filter("exposed").to_dicts()[0] if whom == "exposed" else doubtful_dose()
    found = asked(row)
    assert found["Read again"] == [("agrees", "criteria and covariates are those of the run")]
    said = [text for _, text in found["Administrations"]]
    grams = [float(known[1]) for text in said if (known := GRAMS.search(text))]
    counts = len(grams) + sum(": counts, without grams: " in text for text in said)
    assert sum(grams) == pytest.approx(row["total_g"] or 0)
    assert counts == row["n_administrations"]
    assert whom == "exposed" or any("does not count" in t or "without grams" in t for t in said)
    sources = dict(found["Sources of covariates"])
    assert f"value_std {row['crp']:g}" in sources["crp"] or row["crp"] is None
    assert sources["age"] == "admission: age_years"


def test_each_criterion_has_the_rows_that_met_it() -> None:
    found = asked(stays().filter(~pl.col("exposed")).to_dicts()[0])
    severe = next(lines for heading, lines in found.items() if heading.startswith("Evidence: Sev"))
    signs = dict(
        re.search(r"(?:analyte|vital_code) (\w+).*value_std ([\d.]+)", text).groups()  # type: ignore[union-attr]
        for table, text in severe
        if table in ("lab", "vital")
    )
    met = [float(signs.get("respiratory_rate", 0)) >= 30, float(signs.get("spo2", 100)) <= 93]
    ratio = float(signs.get("pao2", 1e9)) / float(signs.get("fio2", 1))
    assert any([*met, ratio <= 300])
    (confirmed,) = (one for heading, one in found.items() if "RNA" in heading)
    assert any("result positive" in text for _, text in confirmed)


def test_who_is_not_severe_is_told_what_was_measured() -> None:
    judged = pl.read_parquet(finished()[2] / "hospitals/criterion.parquet")
    row = judged.filter(pl.col("name") == "severe", ~pl.col("met")).to_dicts()[0]
    found = asked(row)
    severe = [text for head, lines in found.items() if "Severe" in head for _, text in lines]
    assert severe[0].startswith("not met")
    assert any(re.fullmatch(r"spo2: \d+ times, \d+ to \d+", text) for text in severe)
    assert "Sources of covariates" not in found


def test_another_extract_or_study_is_refused(tmp_path: Path) -> None:
    row = stays().to_dicts()[0]
    other = tmp_path / "other"
    shutil.copytree(finished()[0], other)
    (changed, *_) = sorted((other / "lab").rglob("*.parquet"))
    pl.read_parquet(changed).head(-1).write_parquet(changed)
    with pytest.raises(UsageError, match=r"not the extract that the run read \(lab/"):
        asked(row, other)
    with pytest.raises(ExtractError, match="no folder 'nowhere'"):
        asked(row, tmp_path / "nowhere")
    with pytest.raises(UsageError, match="is another study than the run's"):
        asked(row, study="ivig_sepsis")
    assert asked(row, study=finished()[1])["Read again"][0][0] == "agrees"
    changed_lists = tmp_path / "run"
    shutil.copytree(finished()[2], changed_lists)
    content = json.loads((changed_lists / "manifest.json").read_text())
    content["own_codelists"] = {"drugs/ivig.csv": "0" * 64}
    (changed_lists / "manifest.json").write_text(json.dumps(content))
    ids = row["hospital_id"], str(row["admission_id"])
    with pytest.raises(UsageError, match=r"code lists of the study .* have changed since the run"):
        why(changed_lists, *ids, extract=finished()[0])


def test_a_file_of_it_is_its_owners_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    row = stays().to_dicts()[0]
    out = tmp_path / "why.txt"
    words = ["--hospital", row["hospital_id"], "--admission", str(row["admission_id"])]
    call = ["ehrivig", "why", str(finished()[2]), *words, "--out", str(out)]
    monkeypatch.setattr("sys.argv", call)
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    assert capsys.readouterr().out == ""
    assert out.stat().st_mode & 0o777 == 0o600
    assert "\nCriteria\n" in out.read_text()
    assert "--extract DUMP" in out.read_text()
