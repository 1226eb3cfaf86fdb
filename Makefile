# Two commands on a fresh machine: `make run` serves the register, `make test` checks everything. `make help` lists the rest.

PORT ?= 5000
VENV ?= .venv
# Empty: the newest of Python 3.14 down to 3.11 that is found. Or a path, or a version such as 3.11.
PYTHON ?=
# What `make test` runs, e.g. TESTS=tests/search, or TESTS="tests/search -k paris".
TESTS ?= tests src
# `make pins PINS_FLAGS=--upgrade` takes newer versions; without, those that still fit are kept.
PINS_FLAGS ?=
# What `make bench` measures: BENCH="nearest formats" for some, BENCH=--resume for what the last report lacks.
BENCH ?=

install = PYTHON='$(PYTHON)' requirements/install '$(VENV)'
compile = '$(VENV)-pins/bin/uv' pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command 'make pins' $(PINS_FLAGS)

.DEFAULT_GOAL := help
.PHONY: help run test check bench clients conformance docs pins clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile

run: ## install what is needed, then build and serve the register on PORT (5000)
	@$(install) run
	@exec '$(VENV)/bin/mediation-geo' up --port '$(PORT)'

test: ## all tests and doctests (TESTS=... for some)
	@$(install) test
	@exec '$(VENV)/bin/python' -m pytest $(TESTS)

check: ## style, types, and the floors of the house
	@$(install) test
	'$(VENV)/bin/ruff' check .
	'$(VENV)/bin/ruff' format --check .
	'$(VENV)/bin/mypy'
	'$(VENV)/bin/lint-imports'

bench: ## one report beside every peer, benchmarks/report.md, in about half an hour (BENCH=... for some)
	@$(install) bench
	'$(VENV)/bin/python' benchmarks/report.py $(BENCH)

clients: ## other people's programs against the service: QGIS, GDAL, MapLibre, nginx (installs Debian packages)
	@$(install) test
	tests/clients/run '$(VENV)/bin/python'

conformance: ## the abstract tests of OGC API Features, ours and those of ogctests
	@$(install) test
	tests/conformance/cite/run '$(VENV)/bin/python'

docs: ## the documentation site, in site/
	@$(install) docs
	'$(VENV)/bin/mkdocs' build --strict

pins: ## resolve requirements/*.txt anew from pyproject.toml
	@PYTHON='$(PYTHON)' requirements/install '$(VENV)-pins' pins
	$(compile) pyproject.toml -o requirements/run.txt
	$(compile) pyproject.toml --extra dev --extra coverage --extra scale --extra postgis --extra store -c requirements/run.txt -o requirements/test.txt
	$(compile) pyproject.toml --extra dev --extra coverage --extra scale --extra postgis --extra store --extra bench -c requirements/test.txt -o requirements/bench.txt
	$(compile) pyproject.toml --extra docs --extra coverage --extra scale -c requirements/test.txt -o requirements/docs.txt
	$(compile) requirements/build.in -c requirements/test.txt -o requirements/build.txt
	$(compile) requirements/pins.in -o requirements/pins.txt
	'$(VENV)-pins/bin/uv' pip compile --quiet --python-version 3.11 --generate-hashes --custom-compile-command 'make pins' \
		requirements/addok.in -o requirements/addok.txt
	'$(VENV)-pins/bin/python' requirements/sbom.py

clean: ## remove what the other targets made, but no release
	rm -rf '$(VENV)' '$(VENV)-pins' '$(VENV).log' site .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache .schemathesis
	find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +
