"""How the project is kept: one version, dated releases, targets listed, hooks that lint alike."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from datetime import date
from pathlib import Path

import pytest
import yaml

import ehrivig

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
HEADINGS = re.findall(r"^## (.*)$", CHANGELOG, re.MULTILINE)
RELEASES = [re.fullmatch(r"(\d+\.\d+\.\d+) - (\d{4}-\d\d-\d\d)", text) for text in HEADINGS]


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def test_the_version_is_written_once() -> None:
    assert PROJECT["project"]["dynamic"] == ["version"]
    assert "version" not in PROJECT["project"]
    assert PROJECT["tool"]["hatch"]["version"] == {"path": "ehrivig/__init__.py"}
    text = (ROOT / "ehrivig/__init__.py").read_text(encoding="utf-8")
    assert re.findall(r'^__version__ = "(.*)"$', text, re.MULTILINE) == [ehrivig.__version__]


def test_the_changelog_has_the_version_first_and_dates_every_release() -> None:
    release, dev, _ = ehrivig.__version__.partition(".dev")
    if dev:
        assert HEADINGS[0] == f"Unreleased ({release})"
    dated = RELEASES[1:] if dev else RELEASES
    assert None not in dated
    found = [(numbers(entry[1]), date.fromisoformat(entry[2])) for entry in dated if entry]
    assert found
    assert found == sorted(found, reverse=True)
    assert len({version for version, _ in found}) == len(found)
    newest = found[0][0]
    assert numbers(release) > newest if dev else numbers(release) == newest


def test_make_help_lists_every_target() -> None:
    phony = re.search(r"^\.PHONY: ((?:.|\\\n)*?)$(?<!\\)", MAKEFILE, re.MULTILINE)
    assert phony
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = re.findall(r"^  ([a-z-]+) +\S", done.stdout, re.MULTILINE)
    assert sorted(listed) == sorted(phony[1].replace("\\", " ").split())


def test_hooks_are_the_tools_of_lint_and_fetch_nothing() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert [repository["repo"] for repository in hooks["repos"]] == ["local"]
    recipe = re.search(r"^lint:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    assert recipe
    linted = [line.strip().removeprefix("$(BIN)/").split() for line in recipe[1].splitlines()]
    (repository,) = hooks["repos"]
    entries = [hook["entry"].removeprefix(".venv/bin/").split() for hook in repository["hooks"]]
    assert [words[:2] for words in entries] == [words[:2] for words in linted]
    assert all(hook["language"] == "system" for hook in repository["hooks"])


def test_the_integration_runs_the_tests_and_names_no_host() -> None:
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert script.rstrip().endswith("\nmake test\nmake system")
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert not re.search(r"://|--index|--extra|--find-links|@", script + pins)
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in pins.splitlines())


def test_what_the_tests_need_is_pinned() -> None:
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {re.sub(r"[-_.]+", "-", line.partition("==")[0]).lower() for line in pins}
    wanted = PROJECT["project"]["dependencies"] + PROJECT["project"]["optional-dependencies"]["dev"]
    names = {re.match(r"[\w-]+", need)[0].lower() for need in wanted}  # type: ignore[index]
    assert names <= pinned


def test_the_wheel_holds_every_file_of_the_package(tmp_path: Path) -> None:
    """Code lists, studies, regimens, templates; SQL and suites where `resources` looks for them."""
    words = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path]
    subprocess.run(words, cwd=ROOT, capture_output=True, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.name.startswith(f"ehrivig-{ehrivig.__version__}-")
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    folders = {"ehrivig": "ehrivig", "sql": "ehrivig/_resources/sql"}
    folders["expectations"] = "ehrivig/_resources/expectations"
    wanted = {
        f"{target}/{path.relative_to(ROOT / folder).as_posix()}"
        for folder, target in folders.items()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert names == wanted


def pytest_of(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Our pytest, with its `conftest`, on other tests than ours."""
    call = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "conftest", *words]
    call += ["-c", str(ROOT / "pyproject.toml"), "--confcutdir", str(ROOT), str(folder)]
    place = {**os.environ, "PYTHONPATH": f"{ROOT / 'tests'}{os.pathsep}{ROOT}"}
    return subprocess.run(call, capture_output=True, text=True, check=False, env=place)


def test_a_skipped_test_is_counted_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import pytest\n"
        "@pytest.mark.parametrize('i', range(3))\n"
        "def test_a(i):\n    pytest.skip('no such machine') if i else None\n"
    )
    done = pytest_of(tmp_path)
    assert done.returncode == 0, done.stdout
    assert "\n2 skipped\n     2 no such machine\n" in done.stdout


NOISY = "import duckdb_engine, great_expectations.compatibility"


@pytest.mark.parametrize(
    ("workers", "first", "body"),
    [("0", NOISY, "pass"), ("0", NOISY, "1 / 0"), ("2", "import os", "1 / 0")],
)
def test_the_test_run_ends_quietly_with_its_own_exit_code(
    workers: str, first: str, body: str, tmp_path: Path
) -> None:
    """Whole, too: the last line and the file of results are there."""
    (tmp_path / "test_it.py").write_text(f"{first}\n\n\ndef test_it():\n    {body}\n")
    results = tmp_path / "junit.xml"
    done = pytest_of(tmp_path, "-W", "ignore", "-n", workers, f"--junitxml={results}")
    fails = body != "pass"
    assert (done.returncode, done.stderr) == (int(fails), ""), done.stdout
    assert done.stdout.splitlines()[-1].startswith("1 failed" if fails else "1 passed")
    assert f'failures="{int(fails)}" skipped="0" tests="1"' in results.read_text()


@pytest.mark.parametrize("code", ["import ehrivig.validate.adapter", "import ehrivig.pipeline"])
def test_a_script_ends_without_noise(code: str) -> None:
    """DuckDB's binding reports its own constants as leaks when modules die in the wrong order."""
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
