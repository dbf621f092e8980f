# FluxStudio Integrations. `make run` and `make test` do all set-up themselves.
# Settings pass through from the environment or the command line: make run PORT=9000

PYTHON ?= python3
BIN := .venv/bin
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
PROGRAMS = export PATH="$(CURDIR)/.cache/bin:$$PATH" \
	LD_LIBRARY_PATH="$(CURDIR)/.cache/lib$${LD_LIBRARY_PATH:+:$$LD_LIBRARY_PATH}"
# Tests start the product a hundred times, and should compile it once.
unexport PYTHONDONTWRITEBYTECODE
# More workers than processors: tests wait more than they compute.
TESTS = $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal
# What asks the database most; tests/database runs on both in any case.
ON_OLDEST = $(addprefix tests/core/,jobs webhooks test_access_rights.py) \
	$(addprefix tests/flows/webhooks/test_,ingest.py payloads.py process.py process_together.py reconcile.py replay.py)
WORKERS ?= $(shell echo $$(( 2 * $$(nproc) )))
.PHONY: help run test tests fast check eval faults drills live requirements scorecard clients screenshots bench audit sbom wheel lock clean

help: ## show what there is
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile

run: ## start the whole product on http://127.0.0.1:8000
	@$(PYTHON) -m tools.setup run && exec $(BIN)/fluxstudio demo

test: ## set up and run every check and every test (make test PYTEST="-k words")
	@$(PYTHON) -m tools.setup test
	@$(MAKE) -j2 check tests

tests:
	@$(BIN)/python -m compileall -q -j 2 src tools
	@$(PROGRAMS) && $(TESTS) $(PYTEST) $(if $(PYTEST),,&& TEST_POSTGRES=15 $(TESTS) $(ON_OLDEST))

fast: ## run the tests that need no browser, no Node and no outside witness (make fast PYTEST="-k words")
	@$(PYTHON) -m tools.setup test
	@$(PROGRAMS) && $(TESTS) --fast $(PYTEST)

check: ## format, lint, types and import contracts
	@$(PYTHON) -m tools.setup check
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

eval: ## ask all question sets and count right answers (make eval EVAL=/path/to/more)
	@$(PYTHON) -m tools.setup check && exec $(BIN)/python -m evaluation $(EVAL)

faults: ## try for real what must survive (make faults FAULTS="F2 F5")
	@$(PYTHON) -m tools.setup test && exec $(BIN)/python -m chaos $(FAULTS)

# A process stopped and a host that hangs; kills and restarts under load; keys rotated; one version replaced by the next.
drills: ## try what operators do and suffer: stops, hangs, kills, rotation, an upgrade (make drills DRILLS="D1 D2")
	@$(PYTHON) -m tools.setup test && exec $(BIN)/python -m chaos $(or $(DRILLS),D1 D2 D3 D4 F1 F7 F16 F19 F24)

live: ## try the real providers, reading only (make live LIVE="github slack")
	@$(PYTHON) -m tools.setup check && exec $(BIN)/python -m contract $(LIVE)

requirements: ## list what must hold with the tests that prove it
	@$(PYTHON) -m tools.requirements

scorecard: ## print which rule holds for which provider, from the conformance tests
	@$(PYTHON) -m tools.setup test && exec $(BIN)/python -m tools.scorecard

clients: ## print what clients that others wrote do with the simulators
	@$(PYTHON) -m tools.setup test && $(PROGRAMS) && exec $(BIN)/python -m tools.clients

screenshots: ## draw every page of the browser tests, and one page with all pictures in .cache/screenshots
	@$(PYTHON) -m tools.setup test && $(PROGRAMS) && exec $(BIN)/python -m tools.screenshots

bench: ## measure
	@$(PYTHON) -m tools.setup check && exec $(BIN)/python -m bench $(BENCH)

audit: ## look up known vulnerabilities of the packages it runs on (3: could not be looked up)
	@$(PYTHON) -m tools.setup check && exec $(BIN)/python -m tools.audit $(AUDIT)

sbom: ## list them as CycloneDX JSON in .cache/sbom.json (make -s sbom SBOM=- prints it)
	@$(PYTHON) -m tools.setup check && exec $(BIN)/python -m tools.sbom $(SBOM)

wheel: ## build the wheel that pipx and uv install, into dist/
	@$(PYTHON) -m tools.setup check && exec $(BIN)/python -m tools.wheel

lock: ## write requirements/*.txt anew (make lock ARGS=--upgrade for newer versions)
	@$(PYTHON) -m tools.lock $(ARGS)

clean: ## remove what set-up and tools made; the data in .fluxstudio stays
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist packages/*/build src/*.egg-info
	find src tests tools bench evaluation chaos contract -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true
