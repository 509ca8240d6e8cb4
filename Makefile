# make study   install, run all notebooks, write an HTML report
#              PRESET=explore|smoke|laptop|gpu|paper  DATASET=synthetic|PATH  SEED=0
# make test    install, check style, layers and types, run all tests
# make lab     install, open the notebooks in JupyterLab
# make docs    install, write API pages from the docstrings to build/docs
# make strip   remove outputs from the notebooks before a commit
# Everything is installed into .venv; PYTHON selects the interpreter that creates it (3.11 or later).
PYTHON ?= python3
PRESET ?= explore
DATASET ?= synthetic
SEED ?= 0
PIP_FLAGS ?=

# Spinning OpenMP threads make torch about 25 times slower on two cores as soon as anything else runs.
export OMP_WAIT_POLICY ?= PASSIVE

# One process with one thread per core; the tests of a file stay together, in order.
PARALLEL ?= -n auto --maxprocesses 8 --dist loadfile --no-loadscope-reorder

# nbval runs the notebooks that keep outputs and compares these; tests/test_notebooks.py runs all notebooks.
KEPT = $(shell grep -l nbval-check-output notebooks/*.ipynb)

BIN := .venv/bin
READY := .venv/.ready
MODULES = $(shell find skelkit -name '*.py' ! -name '__main__.py' \
  | sed 's,/__init__.py,,; s,\.py$$,,; s,/,.,g' | sort)

.PHONY: study test lab docs strip clean
.DEFAULT_GOAL := study

study: $(READY)
	$(BIN)/skelkit study --preset $(PRESET) --dataset "$(DATASET)" --seed $(SEED)

test: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(PARALLEL) --nbval-lax --nbval-current-env skelkit tests $(KEPT)

lab: $(READY)
	$(BIN)/skelkit lab

docs: $(READY)
	$(BIN)/python -m skelkit.data.readers docs/data.md
	$(BIN)/pdoc --docformat google --output-directory build/docs $(MODULES)
	@echo "open build/docs/index.html in a browser"

# The stamp is written last, so that an interrupted installation is repeated.
$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit( \
	  "skelkit needs Python 3.11 or later; pass PYTHON=python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_FLAGS) -c constraints.txt \
	  -e '.[notebooks,export,c3d,cluster,test,docs]'
	touch $@

# Outputs that tests compare (tagged keep_output) stay.
strip: $(READY)
	$(BIN)/nbstripout --keep-count --extra-keys "metadata.papermill metadata.widgets cell.metadata.papermill cell.metadata.execution" notebooks/*.ipynb

clean:
	rm -rf build .venv
