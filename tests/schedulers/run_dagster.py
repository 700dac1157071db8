"""Runs the example job in Dagster once per exit code; prints {code: [success, materialised]}.

Called with Dagster's own interpreter: run_dagster.py FOLDER_OF_THE_JOB CODE...
"""

from __future__ import annotations

import importlib
import json
import os
import sys


def main(folder: str, codes: list[str]) -> None:
    sys.path.insert(0, folder)
    dagster = importlib.import_module("dagster")
    module = importlib.import_module("ehrivig_job")
    job = module.definitions.resolve_job_def("ehrivig_nightly")
    found = {}
    for code in codes:
        os.environ["CODE"] = code
        with dagster.DagsterInstance.ephemeral() as instance:
            done = job.execute_in_process(instance=instance, raise_on_error=False)
        found[code] = [done.success, len(done.asset_materializations_for_node("study"))]
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
