# make reproduce | make test | make test-all | make lint | make bench
# Each sets up .venv by itself with the machine's python3 and pip; a second run finds it ready.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Local copies of data sets that cannot be shipped; several folders may be given, separated by ':'.
export HUMANKIND_DATA ?= $(wildcard ../shared/data)
export UV_PYTHON_DOWNLOADS = never
# uv does not read pip's setting for folders of local wheels.
export UV_FIND_LINKS ?= $(PIP_FIND_LINKS)

.PHONY: setup reproduce test test-all lint format bench clean

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml constraints.txt
	@PYTHON="$(PYTHON)" VENV="$(VENV)" sh scripts/setup.sh
	@touch $@

reproduce: setup
	@$(BIN)/humankind reproduce

test: setup
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile

test-all: setup
	@$(BIN)/python -m pytest -q -m "slow or not slow"

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/ty check
	@$(BIN)/lint-imports

format: setup
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: setup
	@$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV)
