# Everything a developer runs. Nothing to install first but Python 3.11+, its venv module and make.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PYTEST := $(BIN)/python -m pytest

# Test processes at the same time, where tests do not disturb each other.
WORKERS ?= 2
# Percent of lines and branches that unit to integration tests must run.
COVERAGE_FLOOR := 95
COVERAGE := --cov --cov-report=

# What `make test` runs, in this order; each is a target that can be run alone.
STAGES := format-check lint types contracts unit integration coverage docs-check ui-check e2e

.PHONY: help
help: ## Say what the targets do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: install
install: $(STAMP) ## Make .venv with the product and its development tools

# A failed attempt leaves no stamp, so the next run tries again.
$(STAMP): pyproject.toml constraints.txt .ci/bootstrap
	@.ci/bootstrap $(VENV)
	@touch $@

# Built anew when a source of it is newer.
PAGE := src/logstream/api/page/index.html
$(PAGE): $(STAMP) ui/package-lock.json ui/vite.config.ts ui/index.html $(shell find ui/src -type f)
	@$(BIN)/python ui/build.py
	@touch $@

.PHONY: ui
ui: $(PAGE) ## Build the browser page

.PHONY: ui-check
ui-check: ui ## Check the browser page: its types, and its unit tests
	@$(BIN)/python ui/build.py --check

.PHONY: demo
demo: install ui ## Start the whole service with sample servers; Ctrl-C ends it
	@exec $(BIN)/logstream up --demo

.PHONY: test
test: install ## Run every check, unit to end-to-end
	@failed=; \
	for stage in $(STAGES); do \
		echo "== $$stage"; \
		$(MAKE) $$stage || failed="$$failed $$stage"; \
	done; \
	if [ -n "$$failed" ]; then \
		echo "make test: FAILED in$$failed; run one alone with: make NAME" >&2; exit 1; \
	fi; \
	echo "make test: every check passed"

.PHONY: check
check: format-check lint types contracts ## Run the checks that start nothing

.PHONY: fast
fast: install ## Run unit and property tests, without coverage
	@$(PYTEST) -q tests/unit tests/properties -n $(WORKERS)

.PHONY: format
format: install ## Lay out the code, and mend what can be mended
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

.PHONY: format-check
format-check: install ## Check the layout of the code
	@$(BIN)/ruff format --check

.PHONY: lint
lint: install ## Check the code with ruff
	@$(BIN)/ruff check

.PHONY: types
types: install ## Check the types with mypy
	@$(BIN)/mypy

.PHONY: contracts
contracts: install ## Check which folder may import which
	@$(BIN)/lint-imports

.PHONY: unit
unit: install ## Run unit and property tests, measuring coverage
	@rm -f .coverage .coverage.*
	@$(PYTEST) -q tests/unit tests/properties -n $(WORKERS) $(COVERAGE)

.PHONY: integration
integration: install ## Run tests with real sockets, files and databases
	@$(PYTEST) -q tests/contract tests/integration -n $(WORKERS) $(COVERAGE) --cov-append

.PHONY: coverage
coverage: install ## Check the coverage of the tests just run
	@$(BIN)/coverage report --fail-under=$(COVERAGE_FLOOR)

.PHONY: e2e
e2e: install ui ## Run tests of the whole product, with real daemons
	@$(PYTEST) -q tests/e2e

.PHONY: docs-check
docs-check: install ## Check that what the documents say is true
	@$(PYTEST) -q tests/docs

.PHONY: docs
docs: install ## Write the generated reference pages
	@$(BIN)/python docs/generate.py

.PHONY: bench
bench: install ## Measure every stage beside a reference
	@$(BIN)/python benchmarks/run.py

.PHONY: soak
soak: install ## Kill every part at random while files rotate, for MINUTES (10), and count every line
	@PYTHONPATH=tests $(BIN)/python benchmarks/soak.py --minutes $(or $(MINUTES),10)

.PHONY: constraints
constraints: ## Install the newest allowed versions, and pin them
	@.ci/bootstrap $(VENV) --newest
	@touch $(STAMP)

.PHONY: clean
clean: ## Remove .venv and everything that was made
	@rm -rf $(VENV) build dist artefacts demo-state .mypy_cache .ruff_cache .pytest_cache \
		.hypothesis .import_linter_cache .coverage .coverage.*
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
