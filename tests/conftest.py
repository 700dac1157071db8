"""Fixtures that every test may use."""

from __future__ import annotations

import atexit
import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter
from fuzz.quick_pages import quick_pages, unattacked
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]
PARITY = ROOT / "tests" / "parity"
SYSTEM = (
    *("test_batches.py", "test_shares.py", "test_defects.py", "test_fuzz_sample.py"),
    *("test_dumps.py", "test_groups.py", "test_unused_mappings.py", "test_history.py"),
    "test_gone_on.py",
    *("test_store.py", "test_other_drugs.py", "test_same_patients.py", "test_lost.py"),
    *("test_habits.py", "test_surroundings.py", "test_door.py", "test_ledger_sums.py"),
    *("test_mutations.py", "test_exactness.py", "test_shipped_studies.py", "test_volume.py"),
    *("test_demo_defects.py", "test_dose_worlds.py", "test_several_together.py"),
    "test_dose_demo.py",
    *("test_daily.py", "test_second_implementation.py", "test_browser.py"),
    *("test_types_to_features.py", "test_dose.py", "test_declared.py", "test_eicu_demo.py"),
    *("test_offsets.py", "test_strategy_curves.py", "test_two_hospitals.py"),
    *("test_rounded.py", "test_own_codelists.py", "test_protocol_pages.py"),
    *("test_attempts.py", "test_lost_signals.py", "test_courses_between_hospitals.py"),
    *("test_cross_fitted.py", "test_stopped.py", "test_aggregate.py", "test_layout_clif.py"),
    *("test_newborns.py", "test_arrived.py", "test_gate_policy.py", "test_left.py"),
    *("test_validate_quarantine.py", "test_omop_as_sent.py", "test_agreement.py"),
    *("test_analysis_whole.py", "test_keys.py", "test_names_and_rules.py", "test_laws.py"),
    *("test_start_up.py", "test_pattern.py", "test_clif_words.py", "test_meta_command.py"),
    *("test_damaged_page.py", "test_types.py", "test_transfers.py", "test_readers.py"),
    *("test_standardised.py", "test_demo_margins.py", "test_study_commands.py"),
    *("test_multiplicity_sensitivity.py", "test_protocol.py", "test_impossible_dates.py"),
    *("test_bad_input.py", "test_roles.py", "test_pipeline.py", "test_same_formats.py"),
    *("test_view.py", "test_layout_draft.py", "test_text_in_a_store.py", "test_layout_mimic.py"),
    *("test_validate_checks.py", "test_any_outcome_primary.py", "test_analysis_sensitivity.py"),
    *("test_why_whole.py", "test_why_source.py", "test_why_effect.py"),
    *("test_run_and_open.py", "test_export.py", "test_notebooks.py"),
    *("test_ids_as_text.py", "test_safety_study.py"),
)
"""Files of whole studies run over and over: `make system`, longest first.

`make test` leaves them out; continuous integration runs both.
"""
LONGEST = ("test_newcomer.py", "test_layout.py", "test_extract.py", "test_layers.py")
"""Of the others, the files that begin first: no worker is left with one when the rest is done."""

# how long an example takes says how busy the machine is, and nothing of the package
settings.register_profile("however slow", deadline=None)
settings.load_profile("however slow")


@pytest.fixture(scope="session")
def golden_files() -> Path:
    """Simulated data and what R makes of them (its README says with which packages)."""
    return PARITY / "golden"


@pytest.fixture(scope="session")
def published_tables() -> Path:
    """Tables of published papers as they were printed."""
    return PARITY / "published"


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """Real and public extracts beside the checkout (../shared/data); skipped without them."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the public demo extracts (../shared/data) are not here")
    return folder


@pytest.fixture(scope="module")
def quickly() -> Iterator[None]:
    """For a file whose tests do not look at how pages are drawn."""
    with quick_pages():
        yield


@pytest.fixture(scope="module")
def more_quickly(quickly: None) -> Iterator[None]:
    """As `quickly`, for a file whose tests do not look at what a release hides either."""
    with unattacked():
        yield


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes stand in no test's name: packed ones hold the second they were packed in.

    Two workers that collected in different seconds would then have different tests.
    """
    return argname if isinstance(val, bytes) else None


def pytest_sessionstart(session: pytest.Session) -> None:
    """Let this process, or this worker of xdist, end before its modules are taken apart.

    There DuckDB's binding reports its own constants as leaked. What is registered later, such as
    the removal of temporary folders, runs before.
    """
    atexit.register(_end_process, session)


def _end_process(session: pytest.Session) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(int(session.exitstatus))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files in front, and their marks; the order within a file stays."""
    first = (*SYSTEM, *LONGEST)
    rank = {name: number for number, name in enumerate(first)}
    items.sort(key=lambda item: rank.get(item.path.name, len(first)))
    for item in items:
        if item.path.name in SYSTEM:
            item.add_marker(pytest.mark.system)


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """How many tests were skipped, and why."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in skipped)
    terminalreporter.write_line(f"{len(skipped)} skipped")
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"{count:6} {reason}")
