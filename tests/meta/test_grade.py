"""Summary of findings: events per 1,000, risk of bias, what speaks to each domain of GRADE."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest

from ehrivig.errors import UsageError
from ehrivig.meta import run_meta

HEAD = "study,events_treated,n_treated,events_control,n_control"
ROWS = ("A,10,100,20,100", "B,30,200,45,200", "C,5,50,15,100")


def written(folder: Path, *rows: str, head: str = HEAD, **options: object) -> Path:
    path = folder / "trials.csv"
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    run_meta(path, folder / "out", **options)  # type: ignore[arg-type]
    return folder / "out"


def table(out: Path, name: str) -> list[dict[str, str]]:
    with (out / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def items(out: Path) -> dict[str, dict[str, str]]:
    return {row["item"]: row for row in table(out, "summary_of_findings.csv")}


@pytest.mark.parametrize("measure", ["OR", "RR", "RD"])
def test_events_per_1000_by_hand(tmp_path: Path, measure: str) -> None:
    """80 of 400 controls have the event: 200 of 1,000."""
    out = written(tmp_path, *ROWS, measure=measure)
    found, (pool, *_) = items(out), table(out, "meta.csv")
    assert float(found["control risk per 1000"]["value"]) == pytest.approx(200)
    row = found["difference per 1000"]
    for mine, of in (("value", "estimate"), ("lo", "lo"), ("hi", "hi")):
        effect = float(pool[of])
        by_hand = {
            "OR": 1000 * (effect * 0.25 / (1 + effect * 0.25) - 0.2),
            "RR": 1000 * 0.2 * (effect - 1),
            "RD": 1000 * effect,
        }[measure]
        assert float(row[mine]) == pytest.approx(by_hand)
    treated = float(found["treated risk per 1000"]["value"])
    assert treated == pytest.approx(200 + float(row["value"]))
    fewer = f"{round(-float(row['value']))} fewer"
    assert fewer in (out / "report.html").read_text(encoding="utf-8")


def test_a_risk_stays_a_risk(tmp_path: Path) -> None:
    out = written(tmp_path, "A,90,100,60,100", "B,95,100,62,100", measure="RR")
    assert float(items(out)["treated risk per 1000"]["value"]) <= 1000
    out = written(tmp_path, "A,9,10,10,10", "B,8,10,10,10", measure="RR", method="IV")
    row = items(out)["difference per 1000"]
    assert all(math.isfinite(float(row[name])) for name in ("value", "lo", "hi"))


@pytest.mark.parametrize(
    ("rows", "measure", "who"),
    [
        (("A,5,20,0,20", "B,6,30,0,30"), "OR", "no control"),
        (("A,5,20,0,20", "B,6,30,0,30"), "RR", "no control"),
        (("A,5,20,20,20", "B,6,30,30,30"), "OR", "every control"),
    ],
)
def test_a_ratio_of_nothing_is_no_difference(
    tmp_path: Path, rows: tuple[str, ...], measure: str, who: str
) -> None:
    """Five times nothing would be nothing, whatever befell the treated."""
    out = written(tmp_path, *rows, measure=measure, method="IV")
    row = items(out)["difference per 1000"]
    assert row["said"].startswith(f"{who} had the event: the {measure} says nothing")
    assert row["value"] == ""
    assert "treated risk per 1000" not in items(out)
    assert f"{who.capitalize()} had the event" in (out / "report.html").read_text(encoding="utf-8")
    assert "value" in items(written(tmp_path, *rows, measure="RD"))["difference per 1000"]


def test_the_people_of_the_pool_are_counted(tmp_path: Path) -> None:
    out = written(tmp_path, *ROWS, "D,0,70,0,30", measure="OR")
    assert items(out)["studies"]["value"] == "3"
    assert "125 events among 750 people" in items(out)["Imprecision"]["said"]


@pytest.mark.parametrize(
    "name", ["RoB overall", "rob-overall", "rob", "rob_", "RoB2: overall", "Risk of bias"]
)
def test_a_column_of_judgements_in_another_spelling(tmp_path: Path, name: str) -> None:
    words = ("low risk of bias", "high risk of bias", "some")
    judged = [f"{row},{word}" for row, word in zip(ROWS, words, strict=True)]
    out = written(tmp_path, *judged, head=f"{HEAD},{name}")
    found = [(row["domain"], row["judgement"]) for row in table(out, "risk_of_bias.csv")]
    assert found == [("overall", "low"), ("overall", "high"), ("overall", "some concerns")]


def test_two_columns_of_one_domain_are_refused(tmp_path: Path) -> None:
    judged = [f"{row},low,high" for row in ROWS]
    with pytest.raises(UsageError, match="column number 7 appears twice"):
        written(tmp_path, *judged, head=f"{HEAD},rob_missing_data,RoB missing data")


def test_no_cell_is_a_formula_or_holds_a_control_character(tmp_path: Path) -> None:
    named = [f"={row},low" for row in ROWS]
    out = written(tmp_path, *named, head=f"{HEAD},rob_overall")
    for file in out.glob("*.csv"):
        assert not any(
            cell.startswith("=") for row in table(out, file.name) for cell in row.values()
        )
    assert table(out, "risk_of_bias.csv")[0]["study"] == "'=A"
    with pytest.raises(UsageError, match=r"line 2 holds a control character"):
        written(tmp_path, f"A\a{ROWS[0]}", *ROWS[1:])


def test_means_have_no_events(tmp_path: Path) -> None:
    head = "study,mean_treated,sd_treated,n_treated,mean_control,sd_control,n_control"
    out = written(tmp_path, "A,5,2,30,6,2,30", "B,4,2,30,6,2,30", head=head)
    assert "difference per 1000" not in items(out)
    assert "Of 1,000" not in (out / "report.html").read_text(encoding="utf-8")


def test_who_is_at_high_risk_is_weighed_and_left_out(tmp_path: Path) -> None:
    judged = (
        ",".join((row, *rob))
        for row, rob in zip(
            ROWS, (("low", "Low risk"), ("LOW", "high"), ("Some concerns", "ni")), strict=True
        )
    )
    out = written(tmp_path, *judged, head=f"{HEAD},rob_missing_outcomes,rob_measurement")
    rows = table(out, "risk_of_bias.csv")
    assert [row["judgement"] for row in rows if row["domain"] == "overall"] == [
        "low",
        "high",
        "some concerns",
    ]
    assert {row["domain"] for row in rows} == {"missing outcomes", "measurement", "overall"}
    weights = {row["study"]: float(row["weight"]) for row in rows}
    said = items(out)["Risk of bias"]["said"]
    assert f"{100 * weights['A']:.0f}% of the weight at low risk" in said
    assert f"{100 * weights['B']:.0f}% at high" in said
    without = written(tmp_path, ROWS[0], ROWS[2])
    (pool, *_) = table(without, "meta.csv")
    assert f"without these {float(pool['estimate']):.2f} [" in said


def test_an_overall_judgement_stands_against_its_domains(tmp_path: Path) -> None:
    judged = [f"{row},high,low" for row in ROWS]
    out = written(tmp_path, *judged, head=f"{HEAD},rob_measurement,rob_overall")
    assert "no study is at high risk" in items(out)["Risk of bias"]["said"]
    judged = [f"{row},high" for row in ROWS]
    out = written(tmp_path, *judged, head=f"{HEAD},rob_overall")
    assert "too few studies are left" in items(out)["Risk of bias"]["said"]


@pytest.mark.parametrize(("word", "said"), [("fine", "'fine'"), ("", "is empty")])
def test_what_is_no_judgement_is_refused_with_its_line(
    tmp_path: Path, word: str, said: str
) -> None:
    judged = [f"{row},{word if row[0] == 'B' else 'low'}" for row in ROWS]
    with pytest.raises(UsageError, match=rf"line 3 \(B\).*{said}"):
        written(tmp_path, *judged, head=f"{HEAD},rob_overall")


def test_ten_studies_are_tested_for_asymmetry(tmp_path: Path) -> None:
    few = items(written(tmp_path, *ROWS))["Publication bias"]["said"]
    assert few == "not to be tested (3 studies; ten are needed)"
    many = [f"{name},{5 + n},100,{9 + n},{90 + 10 * n}" for n, name in enumerate("ABCDEFGHIJ")]
    out = written(tmp_path, *many)
    (egger,) = [row for row in table(out, "tests.csv") if row["test"] == "Egger"]
    said = items(out)["Publication bias"]["said"]
    assert said.startswith("Egger's test p ")
    assert f"{float(egger['p']):.2f}" in said or f"{float(egger['p']):.3f}" in said


@pytest.mark.parametrize(
    ("rows", "inconsistency", "imprecision"),
    [
        (("A,10,100,20,100", "B,20,200,40,200"), "0% (may not be important)", "leaves out"),
        (("A,10,100,11,100", "B,20,200,21,200"), "0% (may not be important)", "holds no effect"),
        (("A,10,100,40,100", "B,40,100,10,100"), "(is considerable)", "holds no effect"),
    ],
)
def test_inconsistency_and_imprecision(
    tmp_path: Path, rows: tuple[str, ...], inconsistency: str, imprecision: str
) -> None:
    found = items(written(tmp_path, *rows))
    assert inconsistency in found["Inconsistency"]["said"]
    assert imprecision in found["Imprecision"]["said"]
    assert "people" in found["Imprecision"]["said"]
