"""A finished run, read back: its tables as frames, its figures, its answer."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl
from markupsafe import Markup, escape

from ehrivig.errors import UsageError
from ehrivig.figures import digits
from ehrivig.release.files import FOLDER
from ehrivig.results.picture import Picture
from ehrivig.runs.summary import RunSummary
from ehrivig.stats.no_estimate import reason
from ehrivig.stats.result import DIFFERENCES
from ehrivig.store.cells import as_read, read
from ehrivig.store.sealed import KEY, MANIFEST, manifest

_PEOPLE = ("cohort", "analysis", "matched", "dosing", "courses", "regimens")
"""Tables with a row per admission or person: they stay in the hospital."""
_ELSEWHERE = {"quality": "quality/checks.csv"}
_OF_MANIFEST = ("exit_code", "message", "hospitals", "dropped_hospitals")
_SYNTHESES = ("pool", "meta", "compare")
"""Commands whose folders are no runs: each has a table of its name."""


class Run:
    """The results of a finished run. Names of columns are those of its files (docs/run.md).

    Tables are the released ones, in which few people are hidden; with `local` those before the last
    suppression, which must not leave the hospital. `cohort`, `analysis`, `matched` and `dosing`
    have a row per admission and are always local.
    """

    def __init__(
        self, folder: str | Path, *, local: bool = False, ended: RunSummary | None = None
    ) -> None:
        """`ended`: how it ended, of a run that was just made (`ehrivig.run`).

        Raises UsageError where `folder` is no finished run, nor its release.

        And where it has no release, as a check has none, unless `local` tables are asked for.
        """
        self.folder, self._ended = Path(folder), ended
        inside = self.folder / FOLDER
        self._tables = inside if inside.is_dir() and not local else self.folder
        made = manifest(self.folder).get("command") if inside != self._tables else None
        if made in _SYNTHESES:
            raise UsageError(
                f"open: {self.folder.name!r} is no finished run: `ehrivig {made}` made it: "
                f"read its {made}.csv."
            )
        if not (self._tables / MANIFEST).is_file():
            raise UsageError(
                f"open: {self.folder.name!r} is no finished run: it has no {MANIFEST}. Give the "
                "folder that --out named, or its release."
            )
        self.local = local
        if not local and self._tables is self.folder and KEY not in self.manifest:
            raise UsageError(
                f"open: {self.folder.name!r} has released nothing: it is a check, or of an older "
                "version. Give a run; in Python, ask for its own tables by local=True."
            )

    def __repr__(self) -> str:
        kind = "local" if self.local else "released"
        return f"Run({self.folder.name!r}, {self.study}, {len(self.tables)} {kind} tables)"

    def __getattr__(self, name: str) -> pl.DataFrame:
        """A table by its name: `run.effects`, `run.table1`, `run.cohort`."""
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self.tables or self._of_people(name):
            return self.table(name)
        raise AttributeError(f"no table {name!r} in this run (there are: {', '.join(self.tables)})")

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.tables, *filter(self._of_people, _PEOPLE)]

    @cached_property
    def manifest(self) -> Mapping[str, Any]:
        """Versions, hashes, seed, hospitals, how the run ended."""
        return manifest(self._tables)

    @property
    def ended(self) -> RunSummary:
        """How the run ended: exit code, message, hospitals, numbers, the page to read.

        Of a run that was opened, what its folder tells: nothing of rows rejected, or of seconds.
        """
        if self._ended is None:
            page = self._tables / "report.html"
            self._ended = RunSummary(
                study=self.study,
                out=str(self.folder),
                **{name: self.manifest[name] for name in _OF_MANIFEST},
                **(self.manifest.get("numbers") or {}),
                warned_checks=sorted(self._of_verdict("quality", "check", "warn")),
                diagnostics_failed=self._of_verdict("diagnostics", "diagnostic", "fail"),
                report=str(page) if page.is_file() else "",
                seconds=float("nan"),
            )
        return self._ended

    def _of_verdict(self, table: str, column: str, verdict: str) -> list[str]:
        """What a table gives a verdict of, each once, in its order."""
        rows = self.table(table) if table in self.tables else pl.DataFrame()
        if "verdict" not in rows.columns:
            return []
        return list(dict.fromkeys(rows.filter(pl.col("verdict") == verdict)[column].to_list()))

    @property
    def exit_code(self) -> int:
        """0 done, 3 blocked by the data gate, 5 nothing to compare."""
        return self.ended.exit_code

    @property
    def message(self) -> str:
        """How it ended, in words."""
        return self.ended.message

    @property
    def banner(self) -> list[str]:
        """What every page that leaves says first: simulated data, no end, immortal time."""
        said = ["The data are simulated."] if self.manifest.get("synthetic") else []
        if self.exit_code:
            said.append(f"The run ended with exit code {self.exit_code}: {self.message}")
        return [*said, *(self.manifest.get("warnings") or ())]

    @property
    def study(self) -> str:
        """The name of the study."""
        return str(self.manifest["study"])

    @cached_property
    def tables(self) -> tuple[str, ...]:
        """The names of the tables."""
        names = {path.stem for path in self._tables.glob("*.csv")}
        return tuple(sorted(names | {name for name in _ELSEWHERE if self._csv(name).is_file()}))

    @cached_property
    def figures(self) -> tuple[str, ...]:
        """The names of the figures."""
        return tuple(sorted(path.stem for path in self._tables.glob("figures/*.svg")))

    def table(self, name: str) -> pl.DataFrame:
        """A table by its name. Raises UsageError where the run has none of that name."""
        people = self._of_people(name)
        if people is not None:
            return pl.read_parquet(people)
        csv = self._csv(name)
        if not csv.is_file():
            raise UsageError(f"open: no table {name!r} (there are: {', '.join(self.tables)}).")
        return _read(csv)

    def figure(self, name: str) -> Picture:
        """A figure by its name, or by how its name begins: `run.figure("love")`."""
        found = [one for one in self.figures if one == name] or [
            one for one in self.figures if one.startswith(name)
        ]
        if len(found) != 1:
            raise UsageError(f"open: no figure {name!r} (there are: {', '.join(self.figures)}).")
        path = self._tables / "figures" / f"{found[0]}.svg"
        return Picture(found[0], path.read_text(encoding="utf-8"))

    @property
    def answer(self) -> dict[str, Any] | None:
        """The primary row of `effects`; None where the run has no estimate to declare."""
        if "effects" not in self.tables or "role" not in (effects := self.effects).columns:
            return None
        rows = effects.filter(pl.col("role") == "primary").to_dicts()
        return rows[0] if rows else None

    def summary(self) -> pl.DataFrame:
        """Columns quantity and value: how the run ended, people, the answer with its verdict.

        And what it must be read with: simulated data, immortal time.
        """
        numbers = self.manifest.get("numbers") or {}
        rows = [("study", self.study), ("ended", str(self.manifest["message"]))]
        rows += [(name, "not shown" if n is None else f"{n:,}") for name, n in numbers.items()]
        rows += self._of_answer()
        rows += [("read with it", line) for line in self.banner]
        return pl.DataFrame(rows, schema=["quantity", "value"], orient="row")

    def _of_answer(self) -> list[tuple[str, str]]:
        row = self.answer
        if row is None:
            return []
        if row["estimate"] is None:
            return [("answer", f"{row['contrast']}: no estimate: {reason(row['note'])}")]
        ratio = row["measure"] not in DIFFERENCES
        shown = digits.interval(row["estimate"], row["lo"], row["hi"], ratio=ratio)
        said = [("answer", f"{row['contrast']}: {row['measure']} {shown}")]
        for arm in ("exposed", "control"):
            if row.get(f"risk_{arm}") is not None:
                said.append((f"risk, {arm}", f"{row[f'risk_{arm}']:.1%}"))
        if "diagnostics" in self.tables:
            failed = self._of_verdict("diagnostics", "diagnostic", "fail")
            said.append(("diagnostics failed", ", ".join(failed) or "none"))
        return said

    def _repr_html_(self) -> str:
        """The summary as a table, for a notebook."""
        rows = Markup("").join(
            Markup("<tr><th style='text-align:left'>{}</th><td>{}</td></tr>").format(name, value)
            for name, value in self.summary().iter_rows()
        )
        return f"<table><caption>{escape(repr(self))}</caption>{rows}</table>"

    def to_frame(self) -> pl.DataFrame:
        """Every estimate, the declared answer in front; no row where there is none."""
        if "effects" not in self.tables or "role" not in (effects := self.effects).columns:
            return pl.DataFrame()
        first = (pl.col("role") == "primary").fill_null(False)
        return effects.sort(first, descending=True, maintain_order=True)

    def _csv(self, name: str) -> Path:
        """Where a table lies: in the run itself the verdicts of the gate have a folder."""
        path = self._tables / f"{name}.csv"
        return path if path.is_file() else self._tables / _ELSEWHERE.get(name, path.name)

    def _of_people(self, name: str) -> Path | None:
        """Where a table with a row per admission lies; None where the run keeps none so named."""
        path = self.folder / f"{name}.parquet"
        return path if name in _PEOPLE and path.is_file() else None


def _read(csv: Path) -> pl.DataFrame:
    """A table of a run: names as the extract has them, also those that look like numbers."""
    return pl.DataFrame() if csv.stat().st_size < 2 else as_read(read(csv))
