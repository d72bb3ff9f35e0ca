# Two commands do all the set-up: `make shell` and `make test`.  Both work in .venv, made here if it is missing.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: shell test lint types unit bench wheel clean

shell: $(STAMP)
	@$(BIN)/kshell $(ARGS)

test: $(VENV)/.installed-dev lint types unit

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev
	$(BIN)/mypy

unit: $(VENV)/.installed-dev
	$(BIN)/pytest

bench: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks

# A wheel, installed and started in a clean environment: it must carry all that it needs.
wheel: $(VENV)/.installed-dev
	rm -rf build dist
	$(BIN)/python -m build --wheel
	rm -rf build/wheel-test
	$(PYTHON) -m venv build/wheel-test
	build/wheel-test/bin/python -m pip install --quiet --disable-pip-version-check dist/*.whl
	cd build && wheel-test/bin/kshell -c 'modprobe syscallModule; syscall test_call 42; table check $(CURDIR)/kshell/abi/tables/syscall_64.6.19.tbl' >/dev/null
	cd build && wheel-test/bin/kshell -c 'module copy syscallModule wheel.py; cc wheel.py -o wheel.ko; insmod wheel.ko; syscall test_call 42' >/dev/null
	cd build && wheel-test/bin/kshell -c 'tree new wheel-tree; make; make install; boot wheel-tree; run wheel-tree/user/test_call_user 5' >/dev/null
	cd build && test -f "$$(wheel-test/bin/kshell -c 'help add-a-system-call' | sed -n 's/^  \(.*\.md\)$$/\1/p')"
	cd build && wheel-test/bin/kshell -c 'help lessons' | sed -n 's/^ *\(source .*\)/\1/p' >lessons.ksh && test -s lessons.ksh
	cd build && wheel-test/bin/kshell lessons.ksh >/dev/null
	cd build && wheel-test/bin/python -m kshell --version

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "kshell needs Python 3.11 or newer, and $(PYTHON) is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12 " + "$(MAKECMDGOALS)")'
	@echo "Making $(VENV) (once) ..."
	@$(PYTHON) -m venv $(VENV)

$(STAMP): $(VENV)/pyvenv.cfg pyproject.toml
	@echo "Installing kshell into $(VENV) (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/pyvenv.cfg pyproject.toml
	@echo "Installing kshell and its development tools into $(VENV) (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(STAMP)
