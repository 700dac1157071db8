#!/bin/sh
# One scheduled run: calls ehrivig, turns its exit code into a state, tells somebody when needed.
#
#   STUDY    study file or packaged name     EXTRACT  folder of the night's dump
#   OUT      run folder: always the latest good run
#   ALERT    command that is given a subject as argument and a message on stdin
#            (default: print both; cron mails what is printed)
#
# Exit code of this script: 0 when there is nothing to do, else that of ehrivig.
set -u
: "${STUDY:=ivig_covid19}" "${EXTRACT:?folder of the extract}" "${OUT:?run folder}"
: "${EHRIVIG:=ehrivig}"

say() {
    if [ -n "${ALERT:-}" ]; then "$ALERT" "$1"; else echo "$1"; cat; fi
}

message=$("$EHRIVIG" run "$STUDY" --extract "$EXTRACT" --out "$OUT" --json --quiet 2>&1)
code=$?

case $code in
0) exit 0 ;;
6) exit 0 ;; # the run before is still at work: the next night will do
3) state="data blocked: look at $OUT.last-attempt/quality/index.html (or $OUT/quality)" ;;
4) state="extract unreadable: have the dump made again" ;;
5) state="nothing to compare: look at attrition.csv" ;;
2) state="study file, command or disk: mend the set-up" ;;
*) state="internal error: report it" ;;
esac
printf '%s\n' "$message" | say "ehrivig $STUDY: exit $code, $state"
exit "$code"
