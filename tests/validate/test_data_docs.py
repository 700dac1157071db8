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
