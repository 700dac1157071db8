"""A first layout, written from what a dump looks like: evidence and doubts as comments.

What is doubtful is null in the draft, and named. Values of people never get into it: names, shares,
patterns, and words that a smallest cell of rows or more have.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from ehrivig import contract, resources
from ehrivig.database import Database
from ehrivig.errors import ExtractError, UsageError
from ehrivig.extract import layouts, source, stages
from ehrivig.extract.draft import names as draft_names
from ehrivig.extract.draft import profile
from ehrivig.extract.draft import selects as draft_selects
from ehrivig.extract.draft import text as draft_text
from ehrivig.extract.draft.names import Signature
from ehrivig.extract.draft.profile import TableProfile
from ehrivig.extract.draft.selects import Select
from ehrivig.extract.draft.tables import table_names
from ehrivig.extract.layouts import Layout, SourceColumn
from ehrivig.extract.source_view import EVERY
from ehrivig.study import load

_REWRITE = "name what holds it in columns.csv and in the SELECTs, or rename the column"


@dataclass(frozen=True)
class Draft:
    """What was written: the signature and the share of it, tables with columns filled, doubts.

    `columns`: canonical table.column -> the column of the dump, of those that are filled from one.
    """

    folder: str
    known: tuple[str, float] | None
    ready: str | None
    filled: dict[str, tuple[int, int]]
    doubts: tuple[str, ...]
    unread: tuple[str, ...]
    columns: dict[str, str]

    def __str__(self) -> str:
        return draft_text.summary(self)


def write(
    folder: Path, extract: Path, timezone: str | None = None, *, signatures: bool = True
) -> Draft:
    """Look at a dump and write a draft of its layout into a new folder.

    Without `signatures` names and values alone count. Raises UsageError for a folder that is there
    and not empty, ExtractError for a dump that cannot be read or holds no table of rows.
    """
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(
            f"layout: {folder.name} already exists and is not empty. Give a new folder."
        )
    with TemporaryDirectory(prefix="ehrivig-") as copies:
        return _drafted(folder, Path(extract), Path(copies), timezone, signatures)


def _drafted(
    folder: Path, extract: Path, copies: Path, timezone: str | None, signatures: bool
) -> Draft:
    tables: dict[str, tuple[SourceColumn, ...]] = dict.fromkeys(table_names(extract), ())
    nothing = Layout("draft", folder, {}, {}, tables)
    found = source.find(extract, nothing, copies)
    section = load("ivig_covid19").extract.model_copy(update={"timezone": timezone or "UTC"})
    plan = load("ivig_covid19").model_copy(update={"extract": section})
    with Database(within=found.within) as db:
        stages.begin(db, found, nothing, EVERY, plan)
        dump = {name: profile.of_table(db, name) for name in sorted(found.parts)}
        if not any(table.rows for table in dump.values()):
            raise ExtractError("extract: no table holds a row. Give the folder of the dump.")
        known = draft_names.known(dump) if signatures else None
        if known is not None and known[0].layout is not None:
            return _copied(folder, known[0], known[1], dump)
        if known is not None:
            chosen = (draft_selects.by_signature(known[0], dump), list[str]())
        else:
            chosen = draft_selects.by_names(db, dump, profile.SMALLEST)
    return _written(folder, known, chosen, dump)


def _written(
    folder: Path,
    known: tuple[Signature, float] | None,
    found: tuple[list[Select], list[str]],
    dump: dict[str, TableProfile],
) -> Draft:
    selects, missing = found
    texts = {f"{one.table.name}.sql": draft_text.of_select(one) for one in selects}
    for name in missing:
        texts[f"{name}.sql"] = draft_text.template(name)
    clock, why = _clock(known, selects)
    texts["layout.toml"] = draft_text.clock(clock, why)
    read = {one.source.name for one in selects}
    doubts = [f"{one.table.name}.{doubt}" for one in selects for doubt in one.doubts]
    doubts += [
        f"{name}: no table is named as one of these; a template is there" for name in missing
    ]
    draft = Draft(
        folder.name,
        (known[0].name, known[1]) if known else None,
        None,
        {s.table.name: (sum(c.filled for c in s.columns), len(s.columns)) for s in selects},
        tuple(doubts),
        tuple(sorted(name for name, table in dump.items() if table.rows and name not in read)),
        {f"{s.table.name}.{c.name}": c.source for s in selects for c in s.columns if c.source},
    )
    texts["README.md"] = draft_text.readme(draft)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return draft


def _clock(known: tuple[Signature, float] | None, selects: list[Select]) -> tuple[str | None, str]:
    """The clock of the dump where it is sure, else a doubt."""
    if known is not None and known[0].dates:
        return known[0].dates, f"as the documentation of {known[0].name} says"
    stays = next((s for s in selects if s.table is contract.ADMISSION), None)
    doubts = stays.doubts if stays else []
    numbers = [one for one in doubts if one.startswith("admitted_at") and "number" in one]
    if numbers:
        return None, f'DOUBT: {numbers[0]}. Minutes from each admission are dates = "offsets"'
    return None, 'DOUBT: whether dates were shifted per person (dates = "shifted") nobody can see'


def _copied(
    folder: Path, signature: Signature, share: float, dump: dict[str, TableProfile]
) -> Draft:
    """A copy of the shipped layout that reads such a dump, without the tables that it lacks."""
    name = str(signature.layout)
    layout = layouts.load(name)
    there = {table for table, found in dump.items() if found.rows}
    filled = layout.filled(set(dump))
    shutil.copytree(resources.sql_folder() / "layout" / name, folder, dirs_exist_ok=True)
    for table in layout.selects:
        path = folder / f"{table}.sql"
        if table not in filled:
            path.unlink()
            continue
        text = path.read_text(encoding="utf-8")
        path.write_text(draft_text.evidence(layout, table, dump) + text, encoding="utf-8")
    if not (folder / "columns.csv").exists():  # of the native layout it is the contract
        (folder / "columns.csv").write_text(_columns_file(layout), encoding="utf-8")
    needed, lacking = _lacking(layout, dump)
    draft = Draft(
        folder.name,
        (signature.name, share),
        None if needed else name,
        {table: _given(layout, table) for table in filled},
        (*needed, *lacking),
        tuple(sorted(there - set(layout.declared))),
        {},
    )
    (folder / "README.md").write_text(draft_text.readme(draft), encoding="utf-8")
    return draft


def _lacking(layout: Layout, dump: dict[str, TableProfile]) -> tuple[list[str], list[str]]:
    """What a dump lacks of what a shipped layout reads: what must be there, and the rest."""
    needed = [f"{t}: the dump has no such table" for t in layout.required_sources if t not in dump]
    rest = []
    for table, columns in layout.declared.items():
        for column in (one for one in columns if table in dump):
            if dump[table].column(column.name) is None and column.name != "hospital_id":
                said = f"{table}.{column.name}: the dump lacks it"
                rest += [] if column.required else [said]
                needed += [f"{said}; {_REWRITE}"] if column.required else []
    return needed, rest


def _columns_file(layout: Layout) -> str:
    """The columns that a layout declares, as its columns.csv has them."""
    rows = [
        f"{table},{column.name},{column.kind},{'yes' if column.required else 'no'}"
        for table, columns in layout.declared.items()
        for column in columns
    ]
    return "\n".join(["table,column,kind,required", *rows, ""])


def _given(layout: Layout, table: str) -> tuple[int, int]:
    """The columns of a shipped SELECT that are not null by construction, and all of its table."""
    every = contract.BY_NAME[table].names
    text = layout.selects[table].text
    null = [name for name in every if re.search(rf"\bNULL AS {name}\b", text)]
    return len(every) - len(null), len(every)
