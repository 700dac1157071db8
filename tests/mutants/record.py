"""Which tests use which function or SQL file, and what they cost: measured once, then kept.

The record lies in `.mutants/record.json`, one entry per test file; a test file that changed is
measured anew. Functions are known by "path::qualified name", so that an edit of the package does
not make the record worthless.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.mutants import checkout, instrument

PLACE = checkout.ROOT / ".mutants" / "record.json"
_NOT_RECORDED = ("tests/mutants/", "tests/test_layers.py")


@dataclass
class Record:
    """`tests`: name -> seconds and fixtures; `fixtures`: name -> seconds; `hits`: key -> tests.

    Tests that do not pass without a mutation are not in it.
    """

    tests: dict[str, dict[str, Any]] = field(default_factory=dict)
    fixtures: dict[str, float] = field(default_factory=dict)
    hits: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def cost(self, test: str, paid: set[str]) -> float:
        """Seconds of a test, with the fixtures that no test before it has paid for."""
        known = self.tests[test]
        return float(known["seconds"]) + sum(
            self.fixtures.get(name, 0.0) for name in known["fixtures"] if name not in paid
        )


def load(anew: bool = False) -> Record:
    """The record, with what is missing or changed measured first (minutes)."""
    stored = {} if anew or not PLACE.is_file() else json.loads(PLACE.read_text(encoding="utf-8"))
    now = {path: _digest(checkout.ROOT / path) for path in _test_files()}
    stale = [path for path, digest in now.items() if stored.get(path, {}).get("digest") != digest]
    if stale:
        print(f"measuring {len(stale)} test file(s) once", flush=True)
        for path, entry in measured(stale).items():
            stored[path] = {"digest": now[path], **entry}
    kept = {path: stored[path] for path in now if path in stored}
    PLACE.parent.mkdir(exist_ok=True)
    PLACE.write_text(json.dumps(kept), encoding="utf-8")
    return _record(kept)


def _test_files() -> list[str]:
    found = (
        p.relative_to(checkout.ROOT).as_posix() for p in checkout.ROOT.glob("tests/**/test_*.py")
    )
    return sorted(path for path in found if not path.startswith(_NOT_RECORDED))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def measured(files: list[str]) -> dict[str, dict[str, Any]]:
    """One entry per test file, from one run in a copy whose functions say that they are called."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as place:
        folder = checkout.copy(Path(place) / "checkout")
        keys = instrument.instrument(folder)
        hits = Path(place) / "hits"
        hits.mkdir()
        words = ["-q", "-m", "not slow", "-n", "2", "--dist", "loadfile", "--tb=no"]
        words += ["-p", "tests.mutants.recorder", *files]
        checkout.pytest(folder, *words, EHRIVIG_HITS=str(hits))
        return _entries(files, hits, keys, folder)


def _entries(
    files: list[str], hits: Path, keys: list[str], folder: Path
) -> dict[str, dict[str, Any]]:
    tests: dict[str, dict[str, Any]] = {}
    fixtures: dict[str, float] = {}
    for path in hits.glob("costs-*.json"):
        part = json.loads(path.read_text(encoding="utf-8"))
        tests |= part["tests"]
        for name, seconds in part["fixtures"].items():
            fixtures[name] = max(seconds, fixtures.get(name, 0.0))
    used = _used(hits, keys, folder)
    found: dict[str, dict[str, Any]] = {
        file: {"tests": {}, "fixtures": {}, "hits": defaultdict(list)} for file in files
    }
    for name, test in tests.items():
        entry = found[name.partition("::")[0]]
        if test["passed"]:
            entry["tests"][name] = {"seconds": test["seconds"], "fixtures": test["fixtures"]}
            entry["fixtures"] |= {one: fixtures.get(one, 0.0) for one in test["fixtures"]}
            for key in set().union(*(used[one] for one in (name, *test["fixtures"]))):
                entry["hits"][key].append(name)
    return found


def _used(hits: Path, keys: list[str], folder: Path) -> dict[str, set[str]]:
    """Context -> the keys of what it used."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in hits.glob("[0-9]*"):
        for line in path.read_text(encoding="utf-8").splitlines():
            what, _, context = line.partition("\t")
            if what.isdigit():
                found[context].add(keys[int(what)])
            elif Path(what).is_relative_to(folder):
                found[context].add(Path(what).relative_to(folder).as_posix())
    return found


def _record(stored: dict[str, dict[str, Any]]) -> Record:
    record = Record()
    for entry in stored.values():
        record.tests |= entry["tests"]
        record.fixtures |= entry["fixtures"]
        for key, tests in entry["hits"].items():
            record.hits[key].update(tests)
    return record
