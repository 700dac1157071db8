# Two commands on a fresh machine: `make study` and `make test`. `make help` lists the rest.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STUDY ?= ivig_covid19
EXTRACT ?= extract/demo
OUT ?= out/$(STUDY)
FLAGS ?=
SEED ?= 1
SIZE ?= 60
TWO := -n 2 --dist loadfile --no-loadscope-reorder
READY := $(VENV)/.ready
export GX_ANALYTICS_ENABLED := false
export MPLBACKEND := Agg
export OPENBLAS_NUM_THREADS := 1

.PHONY: help setup study check quality cohort report demo test system slow lint hooks parity bench fuzz defects \
	mutations mutants clean sbom locked docs

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## /{printf "  %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  Variables: STUDY=$(STUDY) EXTRACT=$(EXTRACT) OUT=$(OUT) FLAGS=..."

setup: $(READY)  ## make .venv with the pinned packages

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $(READY)

study: $(READY) $(EXTRACT)  ## run the whole study; makes the demo extract first when there is none
	$(BIN)/ehrivig run $(STUDY) --extract $(EXTRACT) --out $(OUT) $(FLAGS)

demo: $(READY)  ## make the synthetic demo extract anew
	rm -rf extract/demo
	$(BIN)/ehrivig demo extract/demo

extract/demo: | $(READY)
	$(BIN)/ehrivig demo extract/demo

check: $(READY) $(EXTRACT)  ## only gate the data; exit code 3 when blocked
	$(BIN)/ehrivig check $(STUDY) --extract $(EXTRACT) --out $(OUT)-check $(FLAGS)

quality: check  ## the data quality report: $(OUT)-check/quality/index.html
	@echo "open $(OUT)-check/quality/index.html"

cohort: study  ## print the flow of the last study run
	@cat $(OUT)/attrition.csv

report: study  ## where the report of the last study run is
	@echo "open $(OUT)/report.html"

test: $(READY)  ## run the tests of every part, in minutes
	$(BIN)/python -m pytest $(TWO) -m "not slow and not system"

system: $(READY)  ## run whole studies: batches, shares, layouts, mutations, releases under attack
	$(BIN)/python -m pytest $(TWO) -m "system and not slow"

slow: $(READY)  ## tests that kill runs, start schedulers, or take minutes
	$(BIN)/python -m pytest -m slow

lint: $(READY)  ## ruff, mypy --strict, sqlfluff
	$(BIN)/ruff check ehrivig tests examples
	$(BIN)/ruff format --check ehrivig tests examples
	$(BIN)/mypy ehrivig
	$(BIN)/sqlfluff lint sql

sbom: $(READY)  ## the bill of materials (CycloneDX) in dist/sbom.json, and every licence
	$(BIN)/python -m tests.sbom

locked:  ## make .venv from requirements.lock: nothing whose hash is not written there
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

docs: $(READY)  ## the documentation site, in site/index.html
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[docs]'
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet --config-file .ci/mkdocs.yml
	@echo "open site/index.html"

hooks: $(READY)  ## let git try what `make lint` tries on the files of each commit
	$(BIN)/pre-commit install

parity: $(READY)  ## regenerate R's results and compare (needs Rscript and its packages)
	$(BIN)/python -m tests.parity.regenerate
	$(BIN)/python -m pytest -m parity

bench: $(READY)  ## measure speed and memory as ratios
	$(BIN)/python -m tests.bench --million

fuzz: $(READY)  ## mutated extracts and study files: no traceback, no hang, no wrong exit code
	$(BIN)/python -m tests.fuzz

defects: $(READY)  ## the 45 kinds of bad data: planted, found, false alarms
	$(BIN)/python -m tests.defects

mutations: $(READY)  ## one change of a clean extract at a time, in three layouts: equal, said or silent
	$(BIN)/python -m tests.mutations $(FLAGS)

mutants: $(READY)  ## small changes of the code that no test notices: 8% or more is a failure
	$(BIN)/python -m tests.mutants --seed $(SEED) --size $(SIZE)

clean:  ## remove what the targets above made
	rm -rf $(VENV) out extract dist build site .mutants .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
