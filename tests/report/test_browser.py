"""The pages that people open, opened in a real browser: drawn whole, no script fails."""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzz.base import short_study, small_extract

from ehrivig import pipeline
from ehrivig.study import load
from tests.browser import BROWSER, opened

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium here (.ci/run installs it)")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small study run."""
    folder = tmp_path_factory.mktemp("browser")
    plan = load(str(short_study(folder / "study.toml")))
    pipeline.run(plan, small_extract(folder / "extract"), folder / "out")
    return folder / "out"


def test_the_browser_tells_of_a_script_that_fails(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<p id='p'>before</p><script>p.textContent = 'after'; absent()</script>")
    document, complaints = opened(page, tmp_path / "profile")
    assert ">after<" in document
    assert len(complaints) == 1
    assert "absent is not defined" in complaints[0]


@pytest.mark.parametrize("name", ["report.html", "quality/index.html", "protocol.html"])
def test_a_page_of_a_run_opens(run: Path, name: str, tmp_path: Path) -> None:
    document, complaints = opened(run / name, tmp_path / "profile")
    assert complaints == []
    assert document.count("<h2") == (run / name).read_text().count("<h2") >= 3
    assert document.count("<svg") >= 1
    assert document.rstrip().endswith("</body></html>")
