"""The Great Expectations site of a run, built from verdicts: no data, no network, no clock.

One page per suite and one per hospital and table. The pages of GX ask the web for style sheets,
scripts and a logo; here these are taken out, a small style sheet of our own stands in for them, and
a content security policy forbids the rest.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import great_expectations as gx
from great_expectations.core.expectation_validation_result import (
    ExpectationSuiteValidationResult,
    ExpectationValidationResult,
)
from great_expectations.expectations.expectation import Expectation
from great_expectations.render import renderer, view

from ehrivig.validate.adapter.expectations import expectation
from ehrivig.validate.measurement import Check
from ehrivig.validate.suite import suites

_RENDERERS: Any = renderer  # GX gives these modules no types
_VIEWS: Any = view
MANY = 20
"""Of more hospitals only those that failed have pages of their own."""
_WORST = ("pass", "warn", "fail")
_RUN = {"run_name": "gate", "run_time": "2000-01-01T00:00:00+00:00"}  # no clock in a result
_RUN_FOLDER = "gate/20000101T000000.000000Z"
_LINKED = re.compile(r"<(?:link|img)\b[^>]*>", re.IGNORECASE)
_SCRIPT_OR_STYLE = re.compile(r"<(script|style|footer)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_OUTSIDE_LINK = re.compile(r"<a[^>]+href=[\"']?https?:[^>]*>(.*?)</a>", re.IGNORECASE | re.DOTALL)
_RANDOM = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_HEAD = (
    '<meta http-equiv="Content-Security-Policy" '
    "content=\"default-src 'self' data: 'unsafe-inline'; connect-src 'none'\">"
    '<meta name="viewport" content="width=device-width, initial-scale=1"><style>'
    "body{font:15px/1.45 system-ui,sans-serif;margin:1rem auto;max-width:70rem;padding:0 1rem;"
    "color:#1b1b1b;background:#fff}table{border-collapse:collapse;width:100%}"
    "td,th{border-bottom:1px solid #ddd;padding:.3rem .5rem;text-align:left;vertical-align:top;"
    "overflow-wrap:anywhere}.badge{background:#eef;border-radius:.3rem;padding:0 .3rem}"
    ".modal,.dropdown-menu,.sticky>.card,a[data-toggle=collapse]{display:none}ul{padding-left:1.2rem}"
    ".fa-check-circle::before{content:'\\2713'}.fa-times::before{content:'\\2717'}"
    ".text-success{color:#05603a}.text-danger{color:#b3261e}a{color:#0b57d0}</style>"
)


def build(checks: list[Check], folder: Path) -> None:
    """Write the site of these verdicts into `folder` (replaced); entry `index.html`.

    GX's renderers are called without a data context, whose stores would write and read every
    result as JSON several times, and draw an index that is replaced here.
    """
    shutil.rmtree(folder, ignore_errors=True)
    draw = _VIEWS.DefaultJinjaPageView().render
    of_suite = _RENDERERS.ExpectationSuitePageRenderer().render
    of_result = _RENDERERS.ValidationResultsPageRenderer().render
    for table, declared in suites().items():
        items = {check.check: expectation(check) for check in declared}
        suite = gx.ExpectationSuite(name=table, expectations=list(items.values()))
        _write(folder / "expectations" / f"{table}.html", draw(of_suite(suite)))
        for name, result in _results(table, items, [c for c in checks if c.table == table]):
            path = folder / "validations" / table / _RUN_FOLDER / f"{name}.html"
            _write(path, draw(of_result(result)))
    (folder / "index.html").write_text(_index(folder), encoding="utf-8")


def _write(path: Path, page: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(offline(page), encoding="utf-8")


def _index(folder: Path) -> str:
    """The first page: links to every page of the site. GX draws its own by scripts from the web."""
    pages = sorted(p.relative_to(folder) for p in folder.rglob("*.html") if p.parent != folder)
    results = [p for p in pages if p.parts[0] == "validations"]
    suites_ = [p for p in pages if p.parts[0] == "expectations"]
    left_out = (
        f"<p>Of more than {MANY} hospitals, each table has a page for all of them, and one for "
        "each hospital that failed; every verdict is in quality/checks.csv.</p>"
        if any(page.stem == "every_hospital" for page in results)
        else ""
    )
    sections: tuple[tuple[str, list[Path], Callable[[Path], str]], ...] = (
        ("Results by table and hospital", results, _table_and_hospital),
        ("Suites", suites_, lambda p: p.stem),
    )
    lists = [
        f"<h2>{title}</h2><ul>{''.join(_link(p, name(p)) for p in listed)}</ul>"
        for title, listed, name in sections
    ]
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">{_HEAD}'
        "<title>Data Docs</title></head><body><h1>Data Docs</h1>"
        f"<p>By Great Expectations {gx.__version__}.</p>{left_out}{''.join(lists)}</body></html>\n"
    )


def _table_and_hospital(page: Path) -> str:
    """The page of one result in words: its folder is the suite, its name the hospital."""
    every = page.stem == "every_hospital"
    name = "every hospital" if every else page.stem.replace("hospital_", "hospital ", 1)
    return f"{page.parts[1]}: {name}"


def _link(page: Path, name: str) -> str:
    return f'<li><a href="{quote(page.as_posix())}">{escape(name)}</a></li>'


def _results(
    table: str, items: Mapping[str, Expectation], own: list[Check]
) -> Iterator[tuple[str, ExpectationSuiteValidationResult]]:
    """Name and result of the suite of a table, hospital by hospital.

    Of many hospitals there is one page for all of them, and one for each that failed.
    """
    by_hospital: dict[str, list[Check]] = {}
    for check in (check for check in own if check.check in items):
        by_hospital.setdefault(check.hospital_id, []).append(check)
    shown = {f"hospital_{_safe(name)}": by_hospital[name] for name in sorted(by_hospital)}
    if len(shown) > MANY:
        failed = {
            name: found
            for name, found in shown.items()
            if any(check.verdict == "fail" for check in found)
        }
        shown = {"every_hospital": _over_all(table, by_hospital.values()), **failed}
    for name, found in shown.items():
        results = [_result(items[check.check], check) for check in found]
        yield name, _suite_result(table, name, results)


def _over_all(table: str, by_hospital: Iterable[Iterable[Check]]) -> list[Check]:
    """The checks of a table over all hospitals: sums, and the worst of the verdicts."""
    found: dict[str, Check] = {}
    for check in (check for checks in by_hospital for check in checks):
        so_far = found.get(check.check, replace(check, violated=0, denominator=0, verdict="pass"))
        found[check.check] = replace(
            so_far,
            violated=so_far.violated + check.violated,
            denominator=so_far.denominator + check.denominator,
            verdict=max(so_far.verdict, check.verdict, key=_WORST.index),
        )
    return list(found.values())


def _safe(hospital_id: str) -> str:
    """A hospital id as a file name and as text of a page; different ids stay different."""
    plain = re.sub(r"[^A-Za-z0-9_-]", "-", hospital_id)
    return plain if plain == hospital_id else f"{plain}-{hospital_id.encode().hex()[:24]}"


def _result(item: Expectation, check: Check) -> ExpectationValidationResult:
    """What GX shows for one check: counts, never a value."""
    percent = 100 * check.violated / check.denominator if check.denominator else 0.0
    return ExpectationValidationResult(
        success=check.verdict == "pass",
        expectation_config=item.configuration,
        result={
            "observed_value": f"{check.violated:,} of {check.denominator:,}: {check.verdict}",
            "element_count": check.denominator,
            "unexpected_count": check.violated,
            "unexpected_percent": percent,
        },
        meta={},
        exception_info={
            "raised_exception": False,
            "exception_message": None,
            "exception_traceback": None,
        },
    )


def _suite_result(
    table: str, name: str, results: list[ExpectationValidationResult]
) -> ExpectationSuiteValidationResult:
    good = sum(bool(result.success) for result in results)
    return ExpectationSuiteValidationResult(
        success=good == len(results),
        results=results,
        suite_name=table,
        statistics={
            "evaluated_expectations": len(results),
            "successful_expectations": good,
            "unsuccessful_expectations": len(results) - good,
            "success_percent": 100 * good / len(results) if results else 100.0,
        },
        meta={
            "great_expectations_version": gx.__version__,
            "active_batch_definition": {
                "datasource_name": "ehrivig",
                "data_connector_name": "gate",
                "data_asset_name": f"{table} {name}",
                "batch_identifiers": {},
            },
            "run_id": _RUN,
            "batch_spec": {},
        },
        batch_id=name,
    )


def offline(page: str) -> str:
    """A page of GX without what asks the web, without scripts, and with ids that stay the same."""
    page = _SCRIPT_OR_STYLE.sub("", page)
    page = _LINKED.sub("", page)
    page = _OUTSIDE_LINK.sub(r"\1", page)
    numbers: dict[str, str] = {}
    page = _RANDOM.sub(lambda m: numbers.setdefault(m.group(), f"id{len(numbers)}"), page)
    return page.replace("<head>", f"<head>{_HEAD}", 1)
