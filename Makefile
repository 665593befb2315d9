# Few verbs, the same at home and in CI. The first use of any of them makes .venv and installs into it what constraints.txt pins.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
STARTED := $(VENV)/.installing
CANDIDATES := python3.13 python3.12 python3.11 python3

.DEFAULT_GOAL := help
.PHONY: help run test check static eval bench soak install clean

help:
	@echo 'make run      open the chat in the browser'
	@echo 'make test     run the tests                     ARGS="-k passages" passes options on'
	@echo 'make check    ruff, mypy and the tests          (make static: without the tests)'
	@echo 'make eval     score the questions in eval/cases ARGS="..." passes options on'
	@echo 'make bench    measure time and memory'
	@echo 'make soak     10,000 random and hostile requests, and a minute of more questions than the server can answer'
	@echo 'make install  only set up .venv, which the other verbs do by themselves when it is missing or out of date'
	@echo 'make clean    delete caches and build leftovers (to start over, delete .venv too)'
	@echo
	@echo 'PYTHON=/path/to/python names the Python to use, 3.11 or later. On Linux PyTorch brings gigabytes of CUDA; without it:'
	@echo '    PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu make run'

run: $(STAMP)
	@$(BIN)/python app.py $(ARGS)

test: $(STAMP)
	@$(BIN)/python -m pytest $(ARGS)

check: static
	@$(BIN)/python -m pytest

static: $(STAMP)
	@$(BIN)/python -m ruff check .
	@$(BIN)/python -m ruff format --check .
	@$(BIN)/python -m mypy

eval: $(STAMP)
	@$(BIN)/python -m eval $(ARGS)

bench: $(STAMP)
	@$(BIN)/python -m eval bench $(ARGS)

soak: $(STAMP)
	@FUZZ=5000 $(BIN)/python -m pytest tests/web/test_fuzz.py tests/web/test_schema.py
	@$(BIN)/python -m eval load $(ARGS)

install: $(STAMP)
	@echo '$(VENV) is ready'

clean:
	@rm -rf build dist *.egg-info eval-report .benchmarks .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find . -name $(VENV) -prune -o -type d -name __pycache__ -prune -exec rm -rf {} +

# The order matters. STARTED holds the process that installs and becomes the stamp, in one step, when all is done: the stamp is
# therefore as old as the start of the install, and an edit of pyproject.toml meanwhile is not lost. A STARTED that is found
# belongs either to another make at work, which is waited for, or to an install that was cut short, which may have left a
# package half written: then .venv is made anew. A pip that gives up by itself (no network) leaves a sound .venv, which is kept.
$(STAMP): pyproject.toml constraints.txt
	@if [ -f $(STARTED) ]; then \
	    owner=`cat $(STARTED)`; \
	    if [ -n "$$owner" ] && kill -0 "$$owner" 2>/dev/null; then \
	        echo "Waiting for process $$owner, which is installing into $(VENV) (if it is something else, delete $(STARTED))"; \
	        while [ -f $(STARTED) ] && kill -0 "$$owner" 2>/dev/null; do sleep 1; done; \
	    fi; \
	    if [ -f $(STAMP) ] && [ -z "`find pyproject.toml constraints.txt -newer $(STAMP)`" ]; then exit 0; fi; \
	    if [ -f $(STARTED) ]; then echo "An earlier install was cut short, starting over"; rm -rf $(VENV); fi; \
	fi; \
	cut_short= ; new_enough='import sys; sys.exit(sys.version_info < (3, 11))'; \
	if ! { $(BIN)/python -c "$$new_enough" && $(BIN)/python -m pip --version; } >/dev/null 2>&1; then \
	    chosen= ; without_venv= ; \
	    for candidate in "$(PYTHON)" $(CANDIDATES); do \
	        [ -n "$$candidate" ] || continue; \
	        if ! "$$candidate" -c "$$new_enough" >/dev/null 2>&1; then \
	            if [ "$$candidate" = "$(PYTHON)" ]; then echo "$$candidate (from PYTHON) is no Python of 3.11 or later, looking for another"; fi; \
	        elif "$$candidate" -c 'import ensurepip, venv' >/dev/null 2>&1; then \
	            chosen=$$candidate; break; \
	        else \
	            without_venv=$$candidate; \
	        fi; \
	    done; \
	    if [ -z "$$chosen" ] && [ -n "$$without_venv" ]; then \
	        echo "$$without_venv lacks the venv module. Install it (Debian, Ubuntu: sudo apt install python3-venv), then run make again." >&2; \
	        exit 1; \
	    elif [ -z "$$chosen" ]; then \
	        echo "Backchat needs Python 3.11 or later and found none. Install it (Debian, Ubuntu: sudo apt install python3 python3-venv;" >&2; \
	        echo "macOS: brew install python@3.13; others: https://www.python.org/downloads/), then run make again." >&2; \
	        echo "If it is installed under another name: make PYTHON=/path/to/python ..." >&2; \
	        exit 1; \
	    fi; \
	    rm -rf $(VENV) && mkdir $(VENV) && echo $$$$ >$(STARTED) || exit 1; \
	    echo "Making $(VENV) with $$chosen"; \
	    "$$chosen" -m venv $(VENV) || exit 1; \
	else \
	    echo $$$$ >$(STARTED) || exit 1; \
	fi; \
	echo "Installing what Backchat needs into $(VENV). This happens once and takes some minutes"; \
	trap 'cut_short=yes' INT TERM HUP; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'; status=$$?; \
	if [ $$status -eq 0 ]; then mv $(STARTED) $(STAMP); exit; fi; \
	if [ $$status -lt 128 ] && [ -z "$$cut_short" ]; then rm -f $(STARTED); fi; \
	echo "The install did not finish. Once the cause is gone, run make again." >&2; \
	exit 1
