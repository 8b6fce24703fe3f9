# Everything on a fresh machine that has Python (3.11 or newer) and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DIR ?= demo

.PHONY: demo test test-slow bench check clean

demo: $(VENV)/.ready          ## the main job on real flights; opens the panel
	$(BIN)/incumbent demo $(DIR)

test: $(VENV)/.ready          ## the tests (under five minutes)
	$(BIN)/python -m pytest -n 2 --dist loadfile

test-slow: $(VENV)/.ready     ## simulations and the like
	$(BIN)/python -m pytest -n 2 -m slow

bench: $(VENV)/.ready         ## ratios against what one would do instead
	$(BIN)/python -m benchmarks

check: $(VENV)/.ready         ## lint, types, layers, docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest tests/test_docs.py

$(VENV)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Incumbent needs Python 3.11 or newer: make PYTHON=python3.12 …")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

clean:                        ## drop the environment and caches
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
