# Two commands do all the set-up: `make shell` and `make test`.  Both work in .venv, made here if it is missing.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

# Keystone has no wheel for musl (Alpine), and no marker in pyproject.toml can say so: there all but it is installed.
IS_MUSL = $(BIN)/python -c 'import sys, sysconfig; sys.exit("musl" not in str(sysconfig.get_config_var("SOABI")))'
NEEDED = $(BIN)/python -c 'import sys, tomllib; p = tomllib.load(open("pyproject.toml", "rb"))["project"]; \
	print(*[d for d in p["dependencies"] + (p["optional-dependencies"]["dev"] if sys.argv[1:] else []) if "keystone" not in d], sep="\n")'
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: shell test lint types unit bench wheel clean

shell: $(STAMP)
	@$(BIN)/kshell $(ARGS)

# mypy works while the tests run, and says what it found behind them.
test: $(VENV)/.installed-dev lint
	@echo "$(BIN)/mypy beside $(BIN)/pytest"
	@$(BIN)/mypy >$(VENV)/types.log 2>&1 & \
	types=$$!; trap 'kill $$types; exit 130' INT; \
	unit=0; $(BIN)/pytest || unit=$$?; \
	wait $$types; types=$$?; \
	echo "mypy:"; cat $(VENV)/types.log; exit $$((unit + types))

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
	cd build && n=0; for lesson in $(wildcard lessons/*/lesson.toml); do n=$$((n + 1)); wheel-test/bin/kshell -c "lesson run $$n --solutions" >/dev/null || exit 1; done; test $$n -gt 0
	cd build && wheel-test/bin/python -m kshell --version

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "kshell needs Python 3.11 or newer, and $(PYTHON) is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12 " + "$(MAKECMDGOALS)")'
	@echo "Making $(VENV) (once) ..."
	@$(PYTHON) -m venv $(VENV)

$(STAMP): $(VENV)/pyvenv.cfg pyproject.toml
	@echo "Installing kshell into $(VENV) (once) ..."
	@if $(IS_MUSL); then $(NEEDED) >$(VENV)/needed.txt && $(PIP) -r $(VENV)/needed.txt && $(PIP) --no-deps --editable .; \
	else $(PIP) --editable .; fi
	@touch $@

$(VENV)/.installed-dev: $(VENV)/pyvenv.cfg pyproject.toml
	@echo "Installing kshell and its development tools into $(VENV) (once) ..."
	@if $(IS_MUSL); then $(NEEDED) dev >$(VENV)/needed.txt && $(PIP) -r $(VENV)/needed.txt && $(PIP) --no-deps --editable .; \
	else $(PIP) --editable '.[dev]'; fi
	@touch $@ $(STAMP)
