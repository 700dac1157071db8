"""Runs the example DAG in Airflow once per exit code; prints {code: [state of task, tries]}.

Called with Airflow's own interpreter: run_airflow.py FOLDER_OF_THE_DAG CODE...
"""

from __future__ import annotations

import importlib
import json
import os
import sys


def main(folder: str, codes: list[str]) -> None:
    sys.path.insert(0, folder)
    dag = importlib.import_module("ehrivig_dag").ehrivig_dag
    found = {}
    for code in codes:
        os.environ["CODE"] = code
        (task,) = dag.test().get_task_instances()
        found[code] = [str(task.state), task.try_number]
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
