"""The command line hands on what it was told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ehrivig import pipeline
from ehrivig.cli import app


@pytest.mark.parametrize("command", ["run", "check"])
def test_how_the_machine_is_used_is_handed_on(
    command: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[pipeline.Options] = []

    def instead(*words: Any, options: pipeline.Options, **more: Any) -> pipeline.RunSummary:
        asked.append(options)
        return pipeline.RunSummary("s", "o", 0, "done", [], [])

    monkeypatch.setattr(pipeline, command, instead)
    words = ["--memory", "2GB", "--threads", "3", "--workers", "4", "--share-rows", "500"]
    words += ["--cluster", "tcp://127.0.0.1:8786", "--extract", str(tmp_path), "--out", "o"]
    found = CliRunner().invoke(app, [command, "ivig_covid19", *words])
    assert found.exit_code == 0, found.output
    assert asked == [
        pipeline.Options("2GB", 3, 4, "tcp://127.0.0.1:8786", aggregate_only=False, share_rows=500)
    ]
