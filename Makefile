# make study   set up, run the whole study, write an HTML report      PRESET=smoke|laptop|gpu|paper  DATASET=synthetic|PATH  SEED=0
# make test    set up, pass every test
# make lab     set up, open JupyterLab on the notebooks
# make strip   take outputs out of the notebooks before a commit
# Everything is installed into .venv; PYTHON picks the interpreter that makes it (3.11 or later).
PYTHON ?= python3
PRESET ?= smoke
DATASET ?= synthetic
SEED ?= 0
PIP_FLAGS ?=

# Threads that spin while they wait make torch some 25 times slower on two cores as soon as anything else runs.
export OMP_WAIT_POLICY ?= PASSIVE

# A process a core, of one thread; the tests of a file stay together, in order.
PARALLEL ?= -n auto --maxprocesses 8 --dist loadfile --no-loadscope-reorder

BIN := .venv/bin
READY := .venv/.ready

.PHONY: study test lab strip clean
.DEFAULT_GOAL := study

study: $(READY)
	$(BIN)/skelkit study --preset $(PRESET) --dataset "$(DATASET)" --seed $(SEED)

test: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(PARALLEL)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(PARALLEL) --nbval-lax --nbval-current-env -o addopts="-p no:cacheprovider" -q notebooks

lab: $(READY)
	$(BIN)/jupyter lab --notebook-dir=notebooks

# The stamp is written last: an installation that was broken off is repeated.
$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("skelkit needs Python 3.11 or later; pass PYTHON=python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_FLAGS) -c constraints.txt -e '.[notebooks,export,cluster,test]'
	touch $@

# Before a commit: take outputs out of the notebooks, but those that tests compare (tagged keep_output).
strip: $(READY)
	$(BIN)/nbstripout --keep-count --extra-keys "metadata.papermill metadata.widgets cell.metadata.papermill cell.metadata.execution" notebooks/*.ipynb

clean:
	rm -rf build .venv
