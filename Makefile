# Everything on a fresh machine that has Python (3.11 or newer) and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DIR ?= demo
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

# This checkout as a plain entry of the path: pip's other way runs an import hook in every process (11 ms).
HERE = --config-settings editable_mode=compat -e

# Where it is set, every process would compile every module anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test test-slow bench check docs runtime clean

demo: $(VENV)/.demo           ## the main job on real flights; opens the panel
	$(BIN)/incumbent demo $(DIR)

test: $(VENV)/.dev            ## the tests (under five minutes)
	$(BIN)/python -m pytest -n 3 --dist loadfile

test-slow: $(VENV)/.dev       ## simulations and the like
	$(BIN)/python -m pytest -n 2 --dist loadfile -m slow

bench: $(VENV)/.bench         ## ratios against what one would do instead
	$(BIN)/python -m benchmarks

check: $(VENV)/.dev           ## lint, types, layers, docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest tests/test_docs.py tests/test_readme.py tests/test_reference.py

docs: $(VENV)/.dev            ## write the parts of docs/ that the code knows better
	$(BIN)/python docs/generate.py
	$(BIN)/python -m tui.keys > docs/KEYS.md

runtime: $(VENV)/.dev         ## dist/incumbent_runtime-….whl, from a copy of incumbent/
	rm -rf build/runtime && mkdir -p build && cp -R incumbent build/runtime
	$(BIN)/python -m build --wheel --no-isolation --outdir dist build/runtime
	rm -rf build/runtime

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Incumbent needs Python 3.11 or newer: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv $(VENV)

# What the demo needs is there sooner than what the tests need.
$(VENV)/.demo: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) $(HERE) '.[samples,fast]'
	touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) $(HERE) '.[dev]'
	touch $@ $(VENV)/.demo

$(VENV)/.bench: $(VENV)/.dev
	$(PIP) $(HERE) '.[dev,bench]'
	touch $@

clean:                        ## drop the environment and caches
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
