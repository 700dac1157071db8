"""A nightly study as an Airflow DAG (2.9 or newer, and 3): put this file in the DAGs folder.

States by exit code: 0 success; 6 (another run is at work) skipped; 3 (data blocked), 4 (extract
unreadable), 5 (nothing to compare) and 2 (set-up) failed without a retry, for trying again cannot
help; 1 (internal error) and a killed process failed, tried again twice.
"""

from __future__ import annotations

import json
import os
import subprocess
from datetime import datetime, timedelta
from typing import Any

from airflow.exceptions import AirflowException, AirflowFailException, AirflowSkipException

try:
    from airflow.sdk import dag, task
except ImportError:  # Airflow 2
    from airflow.decorators import dag, task

EHRIVIG = os.environ.get("EHRIVIG", "ehrivig")
STUDY = os.environ.get("EHRIVIG_STUDY", "ivig_covid19")
EXTRACT = os.environ.get("EHRIVIG_EXTRACT", "/data/dump")
OUT = os.environ.get("EHRIVIG_OUT", "/data/study")
RETRY = timedelta(seconds=float(os.environ.get("EHRIVIG_RETRY_SECONDS", "600")))

NO_RETRY = {
    2: "study file, command or disk: mend the set-up",
    3: "data blocked by the gate: open quality/index.html",
    4: "extract unreadable: have the dump made again",
    5: "nothing to compare: look at attrition.csv",
}


@task(retries=2, retry_delay=RETRY, execution_timeout=timedelta(hours=6))
def run_study() -> dict[str, Any]:
    """The summary of one run; the state of the task follows its exit code."""
    command = [EHRIVIG, "run", STUDY, "--extract", EXTRACT, "--out", OUT, "--json", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 6:
        raise AirflowSkipException("another run holds the folder")
    if done.returncode in NO_RETRY:
        why = NO_RETRY[done.returncode]
        raise AirflowFailException(f"exit {done.returncode}, {why}\n{done.stderr or done.stdout}")
    if done.returncode:
        raise AirflowException(f"exit {done.returncode}\n{done.stderr}")
    summary: dict[str, Any] = json.loads(done.stdout)
    return summary


@dag(
    dag_id="ehrivig",
    schedule="15 2 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    tags=["ehrivig"],
)
def nightly() -> None:
    """One study, every night; put on_failure_callback here to alert the data steward."""
    run_study()


ehrivig_dag = nightly()
