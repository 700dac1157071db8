"""Help for a layout of one's own: templates to start from, and a report of what maps.

The report holds counts, columns and codes, never a row; a code that occurs fewer than five times is
not shown.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from ehrivig import contract, extract, resources
from ehrivig.database import Database
from ehrivig.errors import EhrivigError, UnreadableValue, UsageError
from ehrivig.extract import (
    canonical,
    hospital_list,
    layout_rows,
    layouts,
    rate_ends,
    resolved,
    stages,
)
from ehrivig.extract.damage import refused_column
from ehrivig.extract.files import Source
from ehrivig.extract.layout_report import (
    CodeCount,
    CodeReport,
    ColumnReport,
    LayoutReport,
    TableReport,
)
from ehrivig.extract.layouts import Layout
from ehrivig.extract.source_view import EVERY
from ehrivig.study import Study, load

__all__ = ["CodeReport", "ColumnReport", "LayoutReport", "TableReport", "check", "new"]

SMALLEST = 5
COMMONEST = 10


@dataclass(frozen=True)
class Question:
    """How to ask a table which of its codes are understood.

    `code`: what to show of a row that is not understood. `understood`: when a row is. `among`: of
    which rows this is asked.
    """

    what: str
    table: str
    code: str
    understood: str
    among: str = "TRUE"


def _words(table: str, column: str, *words: str) -> Question:
    listed = ", ".join(f"'{word}'" for word in words)
    return Question(column, table, f"{column}::VARCHAR", f"{column} IN ({listed})")


_RATE = "regexp_full_match(dose_unit, '.+/(min|h|day)')"
_UNIT = "(g|mg|ug|ng|mL|L|vial|unit|IU|mmol|mEq|tablet)(/kg)?(/(min|h|day))?"
_DOSES = (
    Question(
        "unit of the dose",
        "medication",
        "coalesce(dose_unit, 'no unit')",
        f"regexp_full_match(dose_unit, '{_UNIT}')",
        "dose > 0",
    ),
    Question(
        "end of a rate",
        "medication",
        "concat_ws(' ', drug_name, 'in', dose_unit)",
        "stopped_at > started_at",
        f"dose > 0 AND status IN ('given', 'stopped') AND {_RATE}",
    ),
    Question(
        "weight for a dose per kg",
        "medication",
        "concat_ws(' ', drug_name, 'in', dose_unit)",
        "EXISTS (FROM mapped.admission AS a WHERE a.hospital_id = t.hospital_id "
        "AND a.admission_id = t.admission_id AND a.weight_kg > 0)",
        "dose > 0 AND dose_unit LIKE '%/kg%'",
    ),
    Question(
        "content of a mL or vial",
        "medication",
        "concat_ws(' ', drug_name, 'in', dose_unit)",
        "concentration_g_per_l > 0 OR strength_g > 0 OR drug IN (SELECT i.drug FROM ref.included "
        "AS i WHERE i.concentration_g_per_l > 0 OR i.strength_g > 0)",
        "dose > 0 AND regexp_full_match(dose_unit, '(mL|L|vial|tablet)(/.+)?') AND drug IN (SELECT "
        "c.drug FROM ref.drug_class AS c WHERE c.codelist NOT IN ('crystalloid', 'iv_fluid'))",
    ),
)
"""Whether doses can be amounts: their unit, how long a rate ran, the weight, what is in a mL."""

QUESTIONS = (
    _words("patient", "sex", "female", "male", "other", "unknown"),
    _words(
        "admission",
        "discharge_status",
        *("alive", "died", "transferred", "against_advice", "unknown"),
    ),
    Question(
        "code in a condition list",
        "diagnosis",
        "concat_ws(' ', vocabulary, code)",
        "EXISTS (FROM ref.condition AS r WHERE r.vocabulary = t.vocabulary AND r.code = t.code)",
    ),
    Question(
        "code of an analyte", "lab", "concat_ws(' ', vocabulary, lab_code)", "analyte NOTNULL"
    ),
    Question(
        "unit of a known analyte",
        "lab",
        "concat_ws(' ', analyte, 'in', coalesce(unit, 'no unit'))",
        "EXISTS (FROM ref.lab_map AS m WHERE m.lab_code = t.lab_code AND "
        "m.vocabulary = t.vocabulary AND m.unit IS NOT DISTINCT FROM t.unit "
        "AND m.factor NOTNULL)",
        "analyte NOTNULL",
    ),
    _words(
        "vital",
        "vital_code",
        *("temperature", "heart_rate", "respiratory_rate", "sbp", "dbp", "map", "spo2", "fio2"),
        *("gcs", "urine_output"),
    ),
    Question(
        "unit of the vital sign",
        "vital",
        "concat_ws(' ', vital_code, 'in', coalesce(unit, 'no unit'))",
        "value_std NOTNULL",
        "value NOTNULL",
    ),
    Question(
        "product in a drug list",
        "medication",
        "concat_ws(' ', vocabulary, drug_code, drug_name, route)",
        "drug IN (SELECT drug FROM ref.drug_class)",
    ),
    *_DOSES,
    _words("medication", "route", "iv", "sc", "im", "po", "other", "unknown"),
    _words("medication", "status", "given", "stopped", "not_given", "cancelled", "unknown"),
    _words("respiratory_support", "device", *contract.DEVICES),
    _words("procedure", "procedure_code", "prone_position", "crrt", "ecmo"),
    _words("score", "score_code", "apache_ii", "sofa"),
    _words("pathogen_test", "method", "rna", "antigen", "antibody", "culture"),
    _words("pathogen_test", "result", "positive", "negative", "indeterminate", "not_done"),
)


def new(folder: Path) -> None:
    """Write a commented SELECT template per canonical table.

    Raises UsageError when the folder exists and is not empty.
    """
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(
            f"layout: {folder.name} already exists and is not empty. Give a new folder."
        )
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted((resources.sql_folder() / "layout" / "template").iterdir()):
        shutil.copyfile(path, folder / path.name)


def check(
    folder: str | Path, extract_folder: str | Path, study: Study | None = None
) -> LayoutReport:
    """What a layout makes of an extract, over all its hospitals.

    `folder`: a user's layout, or the name of a shipped one. `study` gives the time zone and how
    quantities are read. Raises UsageError or ExtractError only for what keeps everything from being
    read; a SELECT that fails is a line of the report.
    """
    layout = layouts.load(str(folder))
    plan = _with_layout(study or load("ivig_covid19"), layout.name)
    with TemporaryDirectory(prefix="ehrivig-") as copies:
        source = extract.find(Path(extract_folder), layout, Path(copies))
        return _report(source, layout, plan)


def _report(source: Source, layout: Layout, plan: Study) -> LayoutReport:
    """What a layout makes of the tables of a source."""
    with Database(within=source.within) as db:
        stages.begin(db, source, layout, EVERY, plan)
        reports = {t.name: table_report(db, layout, t, plan) for t in stages.in_order()}
        usable = {name for name, report in reports.items() if report.usable}
        try:
            understood = _codes(db, plan, usable)
        except UnreadableValue as error:
            raise refused_column(db, EVERY) or error from error
    ordered = tuple(reports[table.name] for table in contract.TABLES)
    return LayoutReport(layout.folder.name, ordered, understood)


def _with_layout(study: Study, layout: str) -> Study:
    section = study.extract.model_copy(update={"layout": layout})
    return study.model_copy(update={"extract": section})


def table_report(db: Database, layout: Layout, table: contract.Table, study: Study) -> TableReport:
    """One canonical table; also makes `mapped.<table>`, empty where its SELECT cannot be used."""
    columns: tuple[ColumnReport, ...] = ()
    unknown: tuple[str, ...] = ()
    problem, usable, rows = None, False, 0
    if table.name in layout.selects:
        try:
            draft = stages.draft(db, layout, table, stages.values_of(study, EVERY))
            types = db.columns(draft)
            columns = tuple(
                ColumnReport(found.column.name, found.type, found.problem, found.column.required)
                for found in canonical.inspect(types, table)
            )
            unknown = tuple(canonical.unknown(types, table))
            rows = int(db.rows(f"SELECT count(*) FROM {draft}")[0][0])
            text = canonical.select(draft, types, table, layout.where(table.name))
            stages.refuse_mixed_keys(db, table, text)
            db.view(f"mapped.{table.name}", text)
            if table.name == "admission" and layout.name != "native":
                found = db.rows("SELECT DISTINCT hospital_id FROM mapped.admission")
                hospital_list.refuse_nowhere([name for (name,) in found], layout)
            usable = True
        except UnreadableValue as error:
            problem = (
                f"{error}: in a cast, or in a join of ids that are numbers in one table and text "
                f"in another. Look at what {layout.where(table.name)} and prepare/ read."
            )
        except EhrivigError as error:
            problem = str(error)
    if not usable:
        db.execute(f"DROP VIEW IF EXISTS mapped.{table.name}")
        db.view(f"mapped.{table.name}", canonical.absent(table, stages.keys(db, table)))
    sources = layout_rows.read_by(db, layout.selects[table.name]) if usable else ()
    return TableReport(
        table.name, table.name in layout.selects, usable, rows, columns, unknown, problem, sources
    )


def _codes(db: Database, study: Study, usable: set[str]) -> tuple[CodeReport, ...]:
    """For each question: rows, rows understood, and the commonest codes that are not."""
    resolved.make(db, study.lists)
    rate_ends.end(db, study.exposure)
    found = []
    for question in QUESTIONS:
        if question.table not in usable:
            continue
        counts = db.rows(
            f"SELECT count(*), count(*) FILTER (WHERE {question.understood}) "
            f"FROM resolved.{question.table} AS t WHERE {question.among}"
        )
        left = db.rows(
            f"SELECT coalesce({question.code}, '(null)') AS code, count(*) AS n "
            f"FROM resolved.{question.table} AS t "
            f"WHERE {question.among} AND ({question.understood}) IS NOT TRUE "
            "GROUP BY 1 HAVING count(*) >= $smallest ORDER BY n DESC, code LIMIT $commonest",
            {"smallest": SMALLEST, "commonest": COMMONEST},
        )
        commonest = tuple(CodeCount(str(code), int(n)) for code, n in left)
        rows, understood = counts[0]
        found.append(CodeReport(question.table, question.what, rows, understood, commonest))
    return tuple(found)
