"""Lints: what the published numbers teach, on small tables and on the published ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ehrivig.audit import audit, lints
from ehrivig.audit.lints import PrintedP
from ehrivig.errors import UsageError
from ehrivig.meta.lint import Lint
from ehrivig.stats.tables.usual_tests import p_of_counts


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text.strip() + "\n", encoding="utf-8")
    return path


def codes(found: list[Lint]) -> list[str]:
    return [lint.code for lint in found]


@pytest.mark.parametrize(
    ("printed", "p", "allowed"),
    [
        ("0.435", 0.4352, True),
        ("0.609", 0.4352, False),
        ("<0.001", 0.0004, True),
        ("<0.001", 0.0021, False),
        ("0.001", 0.0005, True),
        ("1", 1.0, True),
    ],
)
def test_printed_p_allows_its_own_rounding(printed: str, p: float, allowed: bool) -> None:
    claim = PrintedP.parse(printed)
    assert claim is not None
    assert claim.allows(p) == allowed


def test_not_a_p_value() -> None:
    assert PrintedP.parse("n.s.") is None
    assert lints.recomputed_p("x", {"Pearson": 0.3}, "n.s.") == []


def test_p_by_any_usual_test_is_reproduced() -> None:
    """8/10 against 1/6: Pearson 0.0134, Fisher 0.0350, Yates 0.0510, mid-p 0.0232 (as R)."""
    tests = p_of_counts([[8, 2], [1, 5]])
    for printed in ("0.013", "0.035", "0.0510", "0.0232"):
        assert lints.recomputed_p("row", tests, printed) == []
    (found,) = lints.recomputed_p("row", tests, "0.2")
    assert (found.code, found.severity) == ("irreproducible_p", "error")
    assert "Pearson 0.0134, Fisher 0.0350, Yates 0.0510" in found.message


def test_the_test_of_a_cleared_p_is_named(tmp_path: Path) -> None:
    """30/100 against 45/100 with R's default correction: 0.0409."""
    text = "row,n_a,N_a,n_b,N_b,p_printed\ndeath,30,100,45,100,0.0409"
    (found,) = audit([write(tmp_path, "counts.csv", text)])
    assert (found.code, found.severity) == ("p_of_other_test", "info")
    assert "death (Yates 0.0409)" in found.message


def test_two_hundred_tables_with_the_default_correction_are_not_accused(tmp_path: Path) -> None:
    rng = np.random.default_rng(11)
    events = rng.binomial(100, rng.uniform(0.05, 0.6, (200, 1)), (200, 2)).tolist()
    p = [p_of_counts([[a, 100 - a], [b, 100 - b]]).get("Yates", 1.0) for a, b in events]
    rows = enumerate(zip(events, p, strict=True))
    lines = [f"r{i},{a},100,{b},100,{q:.3f}" for i, ((a, b), q) in rows]
    text = "\n".join(["row,n_a,N_a,n_b,N_b,p_printed", *lines])
    assert "irreproducible_p" not in codes(audit([write(tmp_path, "counts.csv", text)]))


def test_audit_of_means(tmp_path: Path) -> None:
    """10.0 (2.0), n 20, against 12.0 (5.0), n 30: Student 0.0964, Welch 0.0559 (as R)."""
    table = write(
        tmp_path,
        "means.csv",
        """
row,mean_a,sd_a,N_a,mean_b,sd_b,N_b,p_printed
student,10.0,2.0,20,12.0,5.0,30,0.096
welch,10.0,2.0,20,12.0,5.0,30,0.056
wrong,10.0,2.0,20,12.0,5.0,30,0.01
""",
    )
    (found,) = audit([table])
    assert found.code == "irreproducible_p"
    assert found.message.startswith("wrong:")


def test_pearson_where_expected_counts_are_small_is_noted() -> None:
    counts = {"rare": [[8, 2], [1, 5]], "common": [[50, 50], [40, 60]]}
    (note,) = lints.small_expected(counts, {"rare": "0.013", "common": "0.155"})
    assert (note.code, note.severity) == ("pearson_small_expected", "info")
    assert "rare (Fisher 0.035)" in note.message
    assert lints.small_expected(counts, {"rare": "0.035", "common": "0.155"}) == []


def test_median_outside_its_quartiles() -> None:
    assert lints.median_outside_iqr("x", 5.0, 1.0, 9.0) == []
    assert lints.median_outside_iqr("x", 9.0, 1.0, 9.0) == []
    assert codes(lints.median_outside_iqr("x", 9.1, 1.0, 9.0)) == ["median_outside_iqr"]


@pytest.mark.parametrize(
    ("cut", "smells"), [(6.9, True), (69.0, False), (65.0, False), (690.0, True)]
)
def test_a_cut_a_power_of_ten_off(cut: float, smells: bool) -> None:
    assert bool(lints.unit_smell("CRP", cut, 71.0, "mg/L")) == smells


def test_orientation() -> None:
    assert codes(lints.orientation("x", 111, 174, 318, 850)) == ["orientation"]
    assert lints.orientation("x", 63, 174, 318, 850) == []
    assert lints.orientation("x", 87, 174, 318, 850) == []


def test_multiplicity_is_holms() -> None:
    assert lints.multiplicity("f", [0.02, 0.4]) == []  # 0.04 after Holm
    (found,) = lints.multiplicity("f", [0.03, 0.4])
    assert found.numbers["p_holm"] == pytest.approx(0.06)
    assert lints.multiplicity("f", [0.03]) == []


def test_the_frame_keeps_its_schema() -> None:
    assert lints.frame([]).columns == list(lints.SCHEMA)
    one = lints.frame(lints.median_outside_iqr("x", 9.1, 1.0, 9.0))
    assert one["numbers"][0] == '{"median": 9.1, "q1": 1.0, "q3": 9.0}'


def test_audit_of_counts(tmp_path: Path) -> None:
    table = write(
        tmp_path,
        "counts.csv",
        """
row,n_a,N_a,n_b,N_b,p_printed
malignancy,6,100,23,100,0.001
immunosuppression,13,100,17,100,0.428
death,30,100,45,100,0.9
""",
    )
    found = audit([table])
    assert codes(found) == ["irreproducible_p", "implication"]
    assert "death" in found[0].message
    assert "immunosuppression [b] (17)" in found[1].message


def test_audit_of_contrasts_uses_the_counts_where_they_are(tmp_path: Path) -> None:
    """10/27 against 111/174: Wald p 0.01048, printed 0.011."""
    table = write(
        tmp_path,
        "contrasts.csv",
        """
contrast,n_ivig,or,lo,hi,p_printed,events_ivig_solved,n_control,events_control_solved
high,27,0.33,0.14,0.77,0.011,10,174,111
low,147,1.17,0.74,1.86,0.505,99,174,111
other,101,1.28,0.76,2.16,0.353,70,174,111
third,101,1.28,0.76,2.16,0.353,70,174,111
fourth,101,1.28,0.76,2.16,0.353,70,174,111
""",
    )
    (found,) = audit([table])
    assert found.code == "multiplicity"
    assert found.numbers["p_holm"] == pytest.approx(5 * 0.0104823, abs=1e-5)
    assert found.numbers["p_holm_printed"] == pytest.approx(0.055)


def test_audit_of_contrasts_without_counts_uses_the_interval(tmp_path: Path) -> None:
    table = write(
        tmp_path,
        "contrasts.csv",
        """
contrast,or,lo,hi,p_printed
a,0.33,0.14,0.77,0.011
b,1.17,0.74,1.86,0.505
c,1.28,0.76,2.16,0.353
d,0.65,0.37,1.13,0.900
e,1.41,0.81,2.46,0.230
""",
    )
    found = audit([table])
    assert codes(found) == ["multiplicity", "p_not_recomputed"]
    assert found[0].numbers["p_holm"] == pytest.approx(5 * 0.0108, abs=1e-3)
    assert found[1].message.startswith("d:")


def test_a_p_that_is_not_that_of_its_counts(tmp_path: Path) -> None:
    table = write(
        tmp_path,
        "contrasts.csv",
        """
contrast,n_drug,or,lo,hi,p_printed,events_drug,n_control,events_control
high,27,0.33,0.14,0.77,0.11,10,174,111
""",
    )
    assert "irreproducible_p" in codes(audit([table]))


def test_audit_of_evidence_tables(tmp_path: Path) -> None:
    table = write(
        tmp_path,
        "pooled.csv",
        """
outcome,subgroup,measure,estimate,lo,hi,p_printed
mortality,all,RR,0.86,0.77,0.95,0.005
apache,all,MD,-1.65,-2.89,-0.63,
""",
    )
    (found,) = audit([table])
    assert found.code == "interval_not_centred"
    assert "apache" in found.message


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("a,b\n1,2", "known sets of columns"),
        ("row,n_a,N_a,n_b,N_b,p_printed\nx,one,10,2,10,0.5", "not a number"),
    ],
)
def test_a_table_that_cannot_be_audited_is_named(tmp_path: Path, text: str, word: str) -> None:
    with pytest.raises(UsageError, match=word):
        audit([write(tmp_path, "odd.csv", text)])
    with pytest.raises(UsageError, match="cannot read"):
        audit([tmp_path / "nowhere.csv"])


def test_a_table_without_numbers_to_check_does_not_stop_the_others(tmp_path: Path) -> None:
    words = write(tmp_path, "words.csv", "study,response\nJayne,6 CR")
    counts = "row,n_a,N_a,n_b,N_b,p_printed\ndeath,30,100,45,100,0.9"
    found = audit([words, write(tmp_path, "counts.csv", counts)])
    assert codes(found) == ["irreproducible_p", "not_audited"]
    assert found[1].message.startswith("words.csv")


def test_every_published_table_is_audited_in_one_call(published_tables: Path) -> None:
    """All seven: the study's own findings, three in the pooled trials, one table of words."""
    found = audit(sorted(published_tables.glob("*.csv")))
    counts = {code: codes(found).count(code) for code in set(codes(found))}
    assert counts == {
        "irreproducible_p": 1,
        "pearson_small_expected": 1,
        "implication": 1,
        "median_outside_iqr": 8,
        "multiplicity": 1,
        "orientation": 1,
        "p_not_recomputed": 2,
        "interval_not_centred": 1,
        "not_audited": 1,
    }
    assert [f.message.split(":")[0] for f in found if f.code == "not_audited"] == [
        "hartung2009_table1_anca.csv"
    ]


@pytest.fixture(scope="module")
def findings(published_tables: Path) -> list[Lint]:
    names = ("liu2020_categorical", "liu2020_continuous", "liu2020_table3")
    return audit([published_tables / f"{name}.csv" for name in names])


def test_the_published_study_has_exactly_its_known_findings(findings: list[Lint]) -> None:
    """No row that reproduces is accused: one p of 44, one implication, the means called medians."""
    table = pl.DataFrame([{"code": f.code, "message": f.message} for f in findings])
    counts = dict(table["code"].value_counts().iter_rows())
    assert counts == {
        "irreproducible_p": 1,
        "pearson_small_expected": 1,
        "implication": 1,
        "median_outside_iqr": 8,
        "multiplicity": 1,
        "orientation": 1,
    }
    by_code = {f.code: f.message for f in findings}
    assert by_code["irreproducible_p"].startswith("death_in_hospital")
    assert "malignancy (23)" in by_code["implication"]
    assert "immunosuppression [ivig] (17)" in by_code["implication"]
    assert "ecmo" in by_code["pearson_small_expected"]
    assert "0.073" in by_code["multiplicity"]
    assert "0.077 from the printed p" in by_code["multiplicity"]
    assert all(word in by_code["orientation"] for word in ("63.8%", "37.4%", "36.2%"))


def test_the_means_called_medians_are_found(findings: list[Lint]) -> None:
    rows = {f.message.split(" ")[0] for f in findings if f.code == "median_outside_iqr"}
    assert rows == {"d_dimer", "creatinine", "creatine_kinase", "ast"}


def test_the_published_evidence(published_tables: Path) -> None:
    assert audit([published_tables / "laupland2007_trials.csv"]) == []
    assert audit([published_tables / "hartung2009_table3_metaanalyses.csv"]) == []
    pooled = audit([published_tables / "jtranslmed2023_pooled.csv"])
    centred = [f.message for f in pooled if f.code == "interval_not_centred"]
    assert len(centred) == 1
    assert centred[0].startswith("apache_ii")


def test_a_contrast_without_its_ratio_is_told(tmp_path: Path) -> None:
    table = tmp_path / "contrasts.csv"
    table.write_text("contrast,or,lo,hi,p_printed\na vs b,,,,0.04\n", encoding="utf-8")
    with pytest.raises(UsageError, match="not a printed number"):
        audit([table])
