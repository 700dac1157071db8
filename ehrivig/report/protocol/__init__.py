"""The protocol as a document: HARPER template, design diagram, checklists; all of the study file.

The sections are those of HARPER (Wang et al., Pharmacoepidemiol Drug Saf 2023;32:44,
doi:10.1002/pds.5507).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ehrivig.errors import UsageError
from ehrivig.figures.page import inline, page
from ehrivig.report.protocol import design, entry, limits, markdown, plan, question, variables
from ehrivig.report.protocol.checklists import GUIDELINES, PROTOCOL, REPORT, checklist
from ehrivig.report.protocol.section import Section
from ehrivig.study import Study
from ehrivig.study import protocol as fixed

CHECKLISTS = "checklists.html"
__all__ = ["CHECKLISTS", "document", "html", "sections", "write"]


def sections(study: Study, content: dict[str, Any]) -> list[Section]:
    """Every section of the document, in the order of the template."""
    return [
        *question.sections(study, content),
        *entry.sections(study),
        *variables.sections(study),
        *plan.sections(study),
        *limits.sections(study),
    ]


def html(study: Study) -> str:
    """The protocol as a self-contained page."""
    content = fixed.protocol(study)
    return page(
        "ehrivig.report",
        "protocol.html",
        study=study,
        protocol=content,
        sections=sections(study, content),
        design=inline(design.diagram(study), "design"),
    )


def write(folder: Path, study: Study) -> None:
    """Write protocol.html and checklists.html beside the report of a run.

    `study`: as it was asked, before the data decided what of it can be answered.
    """
    said = html(study)
    report = (folder / REPORT).read_text(encoding="utf-8")
    pages = {REPORT: report, PROTOCOL: said}
    lists = {title: checklist(name, pages) for name, title in GUIDELINES.items()}
    (folder / PROTOCOL).write_text(said, encoding="utf-8")
    listed = page("ehrivig.report", CHECKLISTS, study=study, checklists=lists)
    (folder / CHECKLISTS).write_text(listed, encoding="utf-8")


def document(study: Study, out: Path) -> list[Path]:
    """Write the protocol of a study to a new file, by its ending.

    .html, .md (with .svg), .svg (the design), .json (what a run can be held to).

    The files written. UsageError for another ending, where there is a file, or it cannot be made.
    """
    ending = out.suffix.lower()
    if ending == ".html":
        texts = {out: html(study)}
    elif ending == ".md":
        drawing = out.with_suffix(".svg")
        content = fixed.protocol(study)
        said = markdown.text(study, content, sections(study, content), drawing.name)
        texts = {drawing: design.diagram(study), out: said}
    elif ending == ".json":
        texts = {out: fixed.as_json(fixed.protocol(study))}
    elif ending == ".svg":
        texts = {out: design.diagram(study)}
    else:
        raise UsageError(f"protocol: {out}: write it as .html, .md, .json or .svg (the design).")
    for path in texts:
        if path.exists():
            raise UsageError(f"protocol: {path} exists. Choose another name, or remove it.")
    for path, text in texts.items():
        _new(path, text)
    return list(texts)


def _new(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"protocol: {path}: {error.strerror}. Choose another.") from error
