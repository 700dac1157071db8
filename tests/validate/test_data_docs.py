"""The Great Expectations site works without the network: its first page leads to every other."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from ehrivig import validate
from ehrivig.validate import Check
from ehrivig.validate.adapter import docs


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("most", "pages"),
    [
        (2, ["every hospital", "hospital B"]),
        (3, ["hospital A", "hospital B", "hospital C"]),
    ],
)
def test_of_many_hospitals_one_page_is_of_them_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, pages: list[str]
) -> None:
    monkeypatch.setattr(docs, "MANY", most)
    declared = validate.suites()["icu_stay"][0]
    checks = [
        Check(name, "icu_stay", declared.check, declared.severity, *found)
        for name, found in (
            ("A", (0, 9, 0.0, "pass")), ("B", (9, 9, 0.0, "fail")), ("C", (0, 9, 0.0, "pass")),
        )
    ]  # fmt: skip
    validate.write_data_docs(checks, tmp_path)
    first = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert re.findall(r">icu_stay: ([^<]*)</a>", first) == pages
    told = "Of more than 2 hospitals, each table has a page for all of them" in first
    assert told is (most == 2)


@pytest.mark.filterwarnings("ignore")
def test_first_page_links_to_every_page_and_nothing_is_loaded_from_outside(tmp_path: Path) -> None:
    declared = validate.suites()["icu_stay"][0]
    checks = [
        Check(hospital_id, "icu_stay", declared.check, declared.severity, 0, 9, 0.0, "pass")
        for hospital_id in ("A", "B <b>")
    ]
    validate.write_data_docs(checks, tmp_path)
    pages = {p for p in tmp_path.rglob("*.html") if p.parent != tmp_path}
    first = (tmp_path / "index.html").read_text(encoding="utf-8")
    links = re.findall(r'href="([^"]+)"', first)
    assert {tmp_path / unquote(link) for link in links} == pages
    assert len([link for link in links if link.startswith("validations/")]) == 2
    one, other = re.findall(r">(icu_stay: [^<]*)</a>", first)
    assert one == "icu_stay: hospital A"
    assert other.startswith("icu_stay: hospital B")
    outside = re.compile(r"<(?:script|link|img|iframe)\b|url\(|(?:src|href)\s*=\s*.?https?:", re.I)
    for page in [tmp_path / "index.html", *pages]:
        assert not outside.search(page.read_text(encoding="utf-8")), page.name
        assert "<b>" not in page.name


def told(page: Path) -> str:
    """The text of a page, without its tags."""
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page.read_text(encoding="utf-8")))


@pytest.mark.filterwarnings("ignore")
def test_a_page_says_how_many_checks_passed_and_what_was_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of all hospitals together: the sums, and the worst of the verdicts."""
    monkeypatch.setattr(docs, "MANY", 2)
    found = {
        "icu_stay.admission_id_present": [(0, 9, "pass"), (3, 1200, "warn"), (0, 1, "pass")],
        "icu_stay.admission_known": [(9, 9, "fail"), (0, 0, "pass"), (0, 5, "pass")],
    }
    checks = [
        Check(name, "icu_stay", check, "block", violated, of, 0.0, verdict)  # type: ignore[arg-type]
        for check, numbers in found.items()
        for name, (violated, of, verdict) in zip("ABC", numbers, strict=True)
    ]
    checks.append(Check("A", "icu_stay", "icu_stay.of_no_suite", "block", 1, 1, 0.0, "fail"))
    validate.write_data_docs(checks, tmp_path)
    pages = {page.stem: told(page) for page in (tmp_path / "validations").rglob("*.html")}
    assert sorted(pages) == ["every_hospital", "hospital_A"]
    counts = "Evaluated Expectations {} Successful Expectations {} Unsuccessful Expectations {} "
    assert counts.format(2, 1, 1) + "Success Percent 50%" in pages["hospital_A"]
    assert "Status: Failed" in pages["hospital_A"]
    assert "9 unexpected values found. 100% of 9 total rows. 9 of 9: fail" in pages["hospital_A"]
    assert counts.format(2, 0, 2) + "Success Percent 0%" in pages["every_hospital"]
    assert "64.29% of 14 total rows. 9 of 14: fail" in pages["every_hospital"]
    assert "3 unexpected values found. \u22480.2479% of 1210" in pages["every_hospital"]


@pytest.mark.filterwarnings("ignore")
def test_a_page_of_what_passed(tmp_path: Path) -> None:
    check = Check("A", "icu_stay", "icu_stay.admission_known", "block", 0, 0, 0.0, "pass")
    validate.write_data_docs([check], tmp_path)
    (page,) = (tmp_path / "validations").rglob("*.html")
    assert "Status: Succeeded" in told(page)
    assert "Success Percent 100%" in told(page)


def test_pages_of_hospitals_whose_names_look_alike_are_two(tmp_path: Path) -> None:
    names = [docs._safe(name) for name in ("A b", "A/b", "A-b", "A_b1")]
    assert names == ["A-b-412062", "A-b-412f62", "A-b", "A_b1"]


def test_a_page_without_what_asks_the_web_and_with_ids_that_stay() -> None:
    one, other = "0a1b2c3d-0000-1111-2222-333344445555", "ffffffff-0000-1111-2222-333344445555"
    page = (
        f'<head><LINK rel="x" href="https://x"><script>a</script ></head><img src="y">'
        f'<p id="{one}"><a href="https://outside/x">words</a><a href="#{one}">in</a>{other}</p>'
        "<footer>f</footer><style>s</style><head>"
    )
    shown = docs.offline(page)
    assert shown.startswith('<head><meta http-equiv="Content-Security-Policy"')
    assert shown.count("Content-Security-Policy") == 1
    assert shown.endswith('</head><p id="id0">words<a href="#id0">in</a>id1</p><head>')
