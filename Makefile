# Shorthands; each target is a few lines that can be typed as well. `make` lists them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO_VENV := .venv-demo
SOURCES := $(wildcard provkit/*.py provkit/*/*.py provkit/queries/*.rq)
PIP := --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo test test-all check docs lint format types layers benchmark build clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(DEMO_VENV)/.made ## capture a real script and ask where its results came from
	@sh examples/demo.sh "$(CURDIR)/$(DEMO_VENV)/bin"

test: $(VENV)/.made ## install what the tests need, and run all but the slow ones
	$(BIN)/python -m pytest -n auto -m "not slow"

test-all: $(VENV)/.made ## run every test
	$(BIN)/python -m pytest -n auto

check: lint types layers test ## lint, types, layers, tests and, with them, the documentation

lint: $(VENV)/.made ## rules and format of the code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/.made ## put the code into its format
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

types: $(VENV)/.made ## mypy, strict
	$(BIN)/mypy

layers: $(VENV)/.made ## who may import whom
	$(BIN)/lint-imports

benchmark: $(VENV)/.made ## the figures of docs/performance.md
	for file in tests/benchmarks/bench_*.py; do $(BIN)/python "$$file" || exit 1; done

docs: $(VENV)/.made ## write the pages that are made from the code
	for file in docs/write_*.py; do $(BIN)/python "$$file" || exit 1; done

build: $(VENV)/.made ## the wheel and the source archive, in dist/
	$(BIN)/pip install $(PIP) build
	$(BIN)/python -m build

clean: ## remove what these targets made
	rm -rf $(VENV) $(DEMO_VENV) demo build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/.made: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install $(PIP) -e ".[test,lint]"
	touch $@

$(DEMO_VENV)/.made: pyproject.toml examples/wine_quality/requirements.txt $(SOURCES)
	$(PYTHON) -m venv $(DEMO_VENV)
	$(DEMO_VENV)/bin/pip install $(PIP) . -r examples/wine_quality/requirements.txt
	touch $@
