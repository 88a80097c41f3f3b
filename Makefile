# make run [ARGS="--leads 20k"]   the experiment: reports/latest/report.html
# make test [ARGS="-k gate"]      the whole test suite
# make accept                     take what the golden tests now see as right; then look at git diff
# make lint                       what CI checks before the tests
# make docs                       the site of README.md and docs/: build/site/index.html; a dead link fails it
# make package                    sdist and wheel in build/dist, checked and tried in an empty environment of each Python
# make clean                      what the others made here (the cached datasets: pgproof cache clear)

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

.PHONY: run test accept lint docs package clean

run: $(VENV)/.ready
	$(BIN)/pgproof run $(ARGS)

test: export PYTHONDONTWRITEBYTECODE =  # else every worker and command of the tests compiles all modules anew
test: $(VENV)/.ready
	$(BIN)/python -m pytest -m "not alone" -n 3 --dist loadfile --no-loadscope-reorder $(ARGS) || [ $$? = 5 ]  # 5: ARGS chose none of these
	$(BIN)/python -m pytest -m alone $(ARGS) || [ $$? = 5 ]

accept: $(VENV)/.ready
	$(BIN)/python -m pytest tests/golden --snapshot-update $(ARGS)

lint: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python benchmarks/figures_in_docs.py --check

docs: $(VENV)/.ready
	$(BIN)/python -m sphinx -b html -q -W --keep-going -c docs/site -d build/doctrees . build/site

package: $(VENV)/.ready
	.ci/package $(BIN)

$(VENV)/.ready: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "pgproof needs Python 3.11 or later; set PYTHON=")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .benchmarks
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
