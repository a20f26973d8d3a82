# Sightline's errands. `make` alone lists them.
#
# Everything lives in the checkout: .venv (the application), .venv-triton (the embedded Triton, which needs an older
# numpy), .venv-uv (the installer) and .sightline (state). All packages are pinned by hash in requirements/*.lock.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

# Any Python from 3.11 on starts the installer; the environments themselves want 3.11 or 3.12.
PYTHON ?= python3
WANTED_PYTHON ?= >=3.11,<3.13
UV := .venv-uv/bin/uv
BIN := .venv/bin

# Triton's Python backend is linked against libpython, which some distributions package apart.
HAS_LIBPYTHON := "import ctypes, os, sys, sysconfig; name = 'libpython%d.%d.so.1.0' % sys.version_info[:2]; own = os.path.join(sysconfig.get_config_var('LIBDIR') or '', name); ctypes.CDLL(own if os.path.exists(own) else name)"

FOOTAGE ?=
FRESH ?=
STARTED_AT ?=

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z][a-z-]*:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | while IFS=$$'\t' read -r name what; do printf '  make %-8s %s\n' "$$name" "$$what"; done

.PHONY: venv
venv: .venv/.complete .venv-triton/.complete ## Make the environments (once; packages pinned by hash)

# Stamps, so that nothing is done twice: each names what it was made from.
.venv-uv/.complete: requirements/uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Sightline needs Python 3.11 or newer; this is $$($(PYTHON) --version). Try: make venv PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv --clear .venv-uv || { echo "python3 -m venv failed: on Debian and Ubuntu, apt install python3-venv."; exit 1; }
	.venv-uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements/uv.lock
	@touch $@

.venv/.complete: .venv-uv/.complete requirements/app.lock pyproject.toml
	@test -x $(BIN)/python || $(UV) venv --quiet --python '$(WANTED_PYTHON)' .venv
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements/app.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

.venv-triton/.complete: .venv-uv/.complete .venv/.complete requirements/triton.lock
	@test -x .venv-triton/bin/python \
	  || { $(BIN)/python -c $(HAS_LIBPYTHON) 2>/dev/null && $(UV) venv --quiet --python $(BIN)/python .venv-triton; } \
	  || $(UV) venv --quiet --managed-python --python 3.12 .venv-triton \
	  || { echo "Triton needs libpython, which $$($(BIN)/python --version) here lacks: apt install libpython3-dev, or let uv fetch a Python."; exit 1; }
	$(UV) pip install --quiet --python .venv-triton/bin/python --require-hashes -r requirements/triton.lock
	@touch $@

.PHONY: check
check: venv ## Format, lint, types, borders, unit and contract tests (no servers)
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q tests/unit tests/contract

.PHONY: test
test: check ## Every lane of tests, on the embedded servers
	$(BIN)/pytest -q tests/integration tests/e2e

.PHONY: demo
demo: venv ## Show it all: make demo [FOOTAGE="a.mp4 b.mkv" [STARTED_AT=2026-03-02T08:00:00+01:00]] [FRESH=1]
	$(BIN)/sightline demo $(if $(FRESH),--fresh) $(if $(STARTED_AT),--started-at $(STARTED_AT)) $(FOOTAGE)

.PHONY: bench
bench: venv ## Measure ingest and search; figures go to bench/results
	$(BIN)/python -m bench.ingest --json bench/results/ingest.json

PROFILE ?= tiny

.PHONY: bench-quality
bench-quality: venv ## Measure how good a profile's models are: make bench-quality [PROFILE=base]
	$(BIN)/sightline models build-text
	$(BIN)/python -m bench.quality --profile $(PROFILE)

.PHONY: bench-questions
bench-questions: venv ## Measure how many questions are answered exactly right, over a site whose truth is exact
	$(BIN)/python -m bench.questions --misses --json bench/results/questions.json $(ARGS)

.PHONY: bench-sentences
bench-sentences: venv ## Measure how many sentences of a search box are read exactly right
	$(BIN)/python -m bench.sentences --failures --json bench/results/sentences.json $(ARGS)

.PHONY: bench-journeys
bench-journeys: venv ## Measure how well somebody is followed over cameras: make bench-journeys [ARGS=--fit]
	$(BIN)/python -m bench.journeys --json bench/results/journeys.json $(ARGS)

.PHONY: bench-inference
bench-inference: venv ## Measure Triton against ONNX Runtime called directly: make bench-inference [ARGS=--gpu]
	$(BIN)/python -m bench.inference --json bench/results/inference.json $(ARGS)

.PHONY: bench-events
bench-events: venv ## Measure how soon alerts come, and how many of the events that happened are found
	$(BIN)/python -m bench.events --json bench/results/events.json $(ARGS)

.PHONY: bench-search
bench-search: venv ## Measure search against its peers: make bench-search [ARGS="--sizes 100k 1m 10m"]
	$(BIN)/python -m bench.search --json bench/results/search.json $(ARGS)

.PHONY: models
models: venv .venv-train/.complete ## Train the tiny profile's networks again: make models [ARGS=--smoke]
	$(BIN)/sightline models build-text
	$(BIN)/sightline models train $(ARGS)

# torch by its version alone: which build is right (CPU, CUDA) is the machine's business.
TORCH ?= torch==2.13.0
.venv-train/.complete: .venv/.complete requirements/train.lock
	$(BIN)/python -m venv --clear .venv-train
	.venv-train/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/train.lock
	.venv-train/bin/python -m pip install --quiet --disable-pip-version-check $(TORCH)
	@touch $@

IMAGES := gateway ingest embed search report migrate
LOCK := $(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
	--custom-compile-command 'make locks'

.PHONY: locks
locks: .venv-uv/.complete ## Lock the packages again (pins that still fit stay)
	$(LOCK) --all-extras pyproject.toml -o requirements/app.lock
	$(LOCK) requirements/train.in -o requirements/train.lock
	$(LOCK) --constraint requirements/train.lock requirements/export.in -o requirements/export.lock
	for image in $(IMAGES); do \
	  $(LOCK) --extra $$image --constraint requirements/app.lock pyproject.toml -o requirements/$$image.lock; \
	done

.PHONY: clean
clean: ## Remove the environments and caches (state in .sightline stays)
	rm -rf .venv .venv-triton .venv-uv .venv-train .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
