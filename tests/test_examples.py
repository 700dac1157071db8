"""The examples of scheduled runs: each exit code becomes the right state, in the real scheduler.

Airflow and Dagster are run where they are importable, or where EHRIVIG_AIRFLOW_PYTHON and
EHRIVIG_DAGSTER_PYTHON name an interpreter that has them (`python -m tests.schedulers`).
"""

from __future__ import annotations

import ast
import configparser
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fuzz.base import short_study, small_extract

pytestmark = pytest.mark.slow


ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"
RUNNERS = Path(__file__).parent / "schedulers"
STUB = """#!/bin/sh
echo "$*" >> "$CALLS"
if [ "$CODE" = 0 ]; then echo '{"exit_code": 0, "cohort": 850, "message": "done"}'
else echo "ehrivig: lab: what, where, how to mend" >&2; fi
exit "$CODE"
"""


@pytest.fixture
def stub(tmp_path: Path) -> dict[str, str]:
    """An environment in which `ehrivig` ends with exit code $CODE and notes its calls."""
    path = tmp_path / "ehrivig"
    path.write_text(STUB)
    path.chmod(0o755)
    return {
        **os.environ,
        "EHRIVIG": str(path),
        "CALLS": str(tmp_path / "calls"),
        "EHRIVIG_RETRY_SECONDS": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def calls(environment: dict[str, str]) -> list[str]:
    path = Path(environment["CALLS"])
    return path.read_text().splitlines() if path.is_file() else []


def quietly(script: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run([script], capture_output=True, text=True, env=environment, check=False)


def test_cron_table_is_valid() -> None:
    limits = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
    jobs = 0
    for line in (EXAMPLES / "cron/ehrivig.cron").read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        name, equals, _ = line.partition("=")
        if equals and name.isidentifier():
            continue
        jobs += 1
        *fields, user, command = line.split(maxsplit=6)
        for text, (low, high) in zip(fields, limits, strict=True):
            assert text == "*" or low <= int(text) <= high
        assert user.isidentifier()
        assert "%" not in command  # cron makes it a line break
        assert (ROOT / command.removeprefix("/opt/ehrivig/")).is_file()
    assert jobs == 1


@pytest.mark.parametrize("code", range(7))
def test_cron_script_alerts_on_the_right_codes(
    code: int, stub: dict[str, str], tmp_path: Path
) -> None:
    environment = stub | {"CODE": str(code), "EXTRACT": "/data/a dump", "OUT": "/data/out"}
    done = quietly(EXAMPLES / "cron/nightly.sh", environment)
    quiet = code in (0, 6)
    assert done.returncode == (0 if quiet else code)
    assert (done.stdout == "") is quiet
    assert done.stderr == ""
    if not quiet:
        assert f"exit {code}" in done.stdout
        assert "how to mend" in done.stdout
    assert ("data blocked" in done.stdout) is (code == 3)
    assert calls(stub) == ["run ivig_covid19 --extract /data/a dump --out /data/out --json --quiet"]


def test_cron_script_gives_the_message_to_the_alert_command(
    stub: dict[str, str], tmp_path: Path
) -> None:
    alert = tmp_path / "alert"
    alert.write_text('#!/bin/sh\n(echo "$1"; cat) > "$(dirname "$0")/said"\n')
    alert.chmod(0o755)
    environment = stub | {"CODE": "3", "EXTRACT": "/e", "OUT": "/o", "ALERT": str(alert)}
    done = quietly(EXAMPLES / "cron/nightly.sh", environment)
    said = (tmp_path / "said").read_text()
    assert (done.returncode, done.stdout) == (3, "")
    assert "exit 3" in said.splitlines()[0]
    assert "how to mend" in said


def test_cron_script_runs_a_real_study(tmp_path: Path) -> None:
    command = tmp_path / "ehrivig"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m ehrivig.cli "$@"\n')
    command.chmod(0o755)
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "EHRIVIG": str(command),
        "STUDY": str(short_study(tmp_path / "study.toml")),
        "EXTRACT": str(small_extract(tmp_path / "night's dump")),
        "OUT": str(tmp_path / "out"),
    }
    script = EXAMPLES / "cron/nightly.sh"
    for _ in range(2):
        done = quietly(script, environment)
        assert (done.returncode, done.stdout) == (0, ""), done.stdout
    assert (tmp_path / "out" / "report.html").is_file()
    truncated = next((tmp_path / "night's dump" / "lab" / "hospital_id=A").glob("*.parquet"))
    truncated.write_bytes(truncated.read_bytes()[:-100])
    done = quietly(script, environment)
    assert done.returncode == 4
    assert truncated.name in done.stdout


def units() -> dict[str, configparser.ConfigParser]:
    found = {}
    for path in sorted((EXAMPLES / "systemd").iterdir()):
        parser = configparser.ConfigParser(strict=True, interpolation=None, delimiters=("=",))
        parser.optionxform = str  # type: ignore[assignment, method-assign]
        parser.read(path)
        found[path.name] = parser
    return found


def test_systemd_units_map_the_exit_codes() -> None:
    service = units()["ehrivig.service"]["Service"]
    assert service["SuccessExitStatus"].split() == ["6"]
    assert service["RestartPreventExitStatus"].split() == ["2", "3", "4", "5"]
    assert service["Type"] == "oneshot"
    assert units()["ehrivig.service"]["Unit"]["OnFailure"] == "ehrivig-alert@%n.service"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    for path in (EXAMPLES / "systemd").iterdir():
        text = path.read_text().replace("/opt/ehrivig/bin/ehrivig", sys.executable)
        (tmp_path / path.name).write_text(text)
    names = [tmp_path / name for name in ("ehrivig.service", "ehrivig.timer")]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *names],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
    )
    assert done.returncode == 0, done.stderr
    assert "ehrivig" not in done.stderr, done.stderr
    calendar = units()["ehrivig.timer"]["Timer"]["OnCalendar"]
    parsed = subprocess.run(["systemd-analyze", "calendar", calendar], check=False)
    assert parsed.returncode == 0


SCHEDULED = sorted((EXAMPLES / "airflow").glob("*.py")) + sorted(
    (EXAMPLES / "dagster").glob("*.py")
)


@pytest.mark.parametrize("path", SCHEDULED, ids=lambda path: path.stem)
def test_scheduled_code_maps_every_exit_code(path: Path) -> None:
    tree = ast.parse(path.read_text())
    compile(tree, str(path), "exec")
    values = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    assert sorted(ast.literal_eval(values["NO_RETRY"])) == [2, 3, 4, 5]


def interpreter(name: str) -> str:
    """The interpreter that has a scheduler; the test is skipped when there is none."""
    named = os.environ.get(f"EHRIVIG_{name.upper()}_PYTHON")
    if named is None and importlib.util.find_spec(name) is None:
        pytest.skip(f"{name} is not installed (python -m tests.schedulers)")
    return named or sys.executable


def in_scheduler(name: str, stub: dict[str, str], codes: range) -> dict[str, list[object]]:
    python = interpreter(name)
    words = [python, RUNNERS / f"run_{name}.py", EXAMPLES / name, *map(str, codes)]
    done = subprocess.run(words, capture_output=True, text=True, env=stub, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    states: dict[str, list[object]] = json.loads(done.stdout.splitlines()[-1])
    return states


def test_airflow_states(stub: dict[str, str], tmp_path: Path) -> None:
    stub |= {
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(EXAMPLES / "airflow"),
    }
    python = interpreter("airflow")
    subprocess.run(
        [python, "-m", "airflow", "db", "migrate"], env=stub, check=True, capture_output=True
    )
    states = in_scheduler("airflow", stub, range(7))
    assert states.pop("0") == ["success", 1]
    assert states.pop("6") == ["skipped", 1]
    assert states.pop("1") == ["failed", 3]
    assert states == {str(code): ["failed", 1] for code in (2, 3, 4, 5)}


def test_dagster_states(stub: dict[str, str]) -> None:
    states = in_scheduler("dagster", stub, range(7))
    assert states.pop("0") == [True, 1]
    assert states.pop("6") == [True, 0]
    assert states == {str(code): [False, 0] for code in range(1, 6)}
    assert len(calls(stub)) == 7 + 2  # only exit code 1 is tried again, twice
