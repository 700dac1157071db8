"""A nightly study as a Dagster asset with a schedule: `dagster dev -f ehrivig_job.py`.

States by exit code: 0 materialised; 6 (another run is at work) skipped, nothing is materialised;
3 (data blocked), 4 (extract unreadable), 5 (nothing to compare) and 2 (set-up) failed without a
retry, for trying again cannot help; 1 (internal error) and a killed process failed, tried again
twice.
"""

import json
import os
import subprocess
from collections.abc import Iterator

import dagster as dg

EHRIVIG = os.environ.get("EHRIVIG", "ehrivig")
STUDY = os.environ.get("EHRIVIG_STUDY", "ivig_covid19")
EXTRACT = os.environ.get("EHRIVIG_EXTRACT", "/data/dump")
OUT = os.environ.get("EHRIVIG_OUT", "/data/study")
RETRY_SECONDS = float(os.environ.get("EHRIVIG_RETRY_SECONDS", "600"))

NO_RETRY = {
    2: "study file, command or disk: mend the set-up",
    3: "data blocked by the gate: open quality/index.html",
    4: "extract unreadable: have the dump made again",
    5: "nothing to compare: look at attrition.csv",
}


@dg.asset(
    output_required=False,
    retry_policy=dg.RetryPolicy(max_retries=2, delay=RETRY_SECONDS),
)
def study(context: dg.AssetExecutionContext) -> Iterator[dg.Output[str]]:
    """The latest good run folder, with the numbers of its summary."""
    command = [EHRIVIG, "run", STUDY, "--extract", EXTRACT, "--out", OUT, "--json", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 6:
        context.log.warning("another run holds the folder: skipped")
        return
    if done.returncode:
        why = NO_RETRY.get(done.returncode)
        raise dg.Failure(
            f"exit {done.returncode}, {why or 'internal error: report it'}",
            metadata={"stderr": dg.MetadataValue.text(done.stderr)},
            allow_retries=why is None,
        )
    summary = json.loads(done.stdout)
    shown = {k: v for k, v in summary.items() if isinstance(v, int | float | str)}
    yield dg.Output(OUT, metadata=shown)


nightly = dg.define_asset_job("ehrivig_nightly", selection=[study])
definitions = dg.Definitions(
    assets=[study],
    jobs=[nightly],
    schedules=[dg.ScheduleDefinition(job=nightly, cron_schedule="15 2 * * *")],
)
