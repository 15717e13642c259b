# Every target sets itself up: a virtual environment in .venv, filled by pip.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test lint bench docs clean
.DEFAULT_GOAL := help

help:
	@echo "make demo    train, save, evaluate and predict on real data"
	@echo "make test    the test suite, with branch coverage"
	@echo "make lint    ruff, mypy, import contracts, documented commands"
	@echo "make bench   time trilayer beside its peers"
	@echo "make docs    the API pages, into build/docs"

# One stamp for each set of packages; it is renewed when pyproject.toml changes.
# pip 25.1 brought --group.
.venv/base: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable ".[all]"
	@touch $@

.venv/group-%: .venv/base
	$(BIN)/python -m pip install --quiet --group $*
	@touch $@

demo: .venv/base
	$(BIN)/trilayer demo --output demo

test: .venv/group-test
	$(BIN)/python -m pytest -n auto --cov --cov-report=term $(ARGS)

lint: .venv/group-lint .venv/group-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/check_readmes.py

bench: .venv/group-bench
	$(BIN)/python bench/startup.py
	$(BIN)/python bench/peers.py

docs: .venv/group-docs
	$(BIN)/pdoc --docformat numpy --math --output-directory build/docs trilayer

clean:
	rm -rf .venv build dist demo
