# Two commands are enough: `make run` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/stamps
CORE_SOURCES := $(shell find media/core -name '*.rs' -o -name Cargo.toml 2>/dev/null | grep -v /target/)
CLIENT_SOURCES := $(shell find static_client -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)

.PHONY: help setup run test check unit rust client-test browser journey bench bench-relay bench-lines bench-join soak fuzz sanitize image test-deps format clean

help: ## list what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 14

setup: $(STAMPS)/core $(STAMPS)/client ## prepare .venv, the packet core and the client; start nothing

run: setup ## start a demo school on http://localhost:8080 and print sign-in links
	$(BIN)/python -m server serve --demo --data-dir .demo

$(STAMPS)/venv: .ci/requirements-dev.txt pyproject.toml
	@.ci/needs "$(PYTHON)"
	test -x $(BIN)/python || "$(PYTHON)" -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .ci/requirements-dev.txt
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/core: $(STAMPS)/venv $(CORE_SOURCES)
	VIRTUAL_ENV="$(CURDIR)/$(VENV)" $(BIN)/maturin develop --release --quiet
	@touch $@

$(STAMPS)/client: $(STAMPS)/venv $(CLIENT_SOURCES)
	cd static_client && npm install --no-save --no-audit --no-fund --loglevel=error && npm run --silent build
	@touch $@

test: setup test-deps ## install what tests need, run all of them
	.ci/test

check: setup ## formatting, lint, types, import contracts, generated files
	.ci/check

test-deps: ## Chromium, Redis, PostgreSQL and PDF tools from Debian
	@.ci/test-deps

unit: setup ## Python tests without browser journeys
	$(BIN)/python -m pytest -m "not browser"

rust: setup ## tests of the packet core
	cd media/core && cargo test --quiet --workspace --exclude binding

client-test: setup ## unit tests of the client
	cd static_client && npm test --silent

browser: setup test-deps ## tests in a real Chromium
	$(BIN)/python -m pytest -m browser

journey: setup test-deps ## one whole lesson in real Chromium
	$(BIN)/python -m pytest tests/journeys -s

bench: setup ## measure and write docs/performance.md
	$(BIN)/python -m tests.load.bench

bench-lines: setup test-deps ## a call on bad lines, in real Chromium (30 min; QUICK=1: 10 min)
	$(BIN)/python -m tests.load.bench_lines $(if $(QUICK),--quick)
	$(BIN)/python -m tests.load.bench_roam $(if $(QUICK),,--write)

bench-join: setup test-deps ## from a link to the lecturer's voice over slow lines; a class at the door (15 min)
	$(BIN)/python -m tests.load.bench_join_line --write
	$(BIN)/python -m tests.load.bench_class --write
	$(BIN)/python -m tests.load.bench_crowd --write

soak: setup test-deps ## half an hour of coming and going at the relay; is a shared page legible
	$(BIN)/python -m tests.soak.soak_attackers
	$(BIN)/python -m tests.soak.soak_relay
	$(BIN)/python -m tests.soak.soak_screen

fuzz: ## ten million inputs for each parser of the packet core (about 15 minutes)
	.ci/fuzz

sanitize: setup ## the packet core under AddressSanitizer and ThreadSanitizer (10 minutes)
	.ci/sanitize

bench-relay: setup ## measure the relay's goals P1 to P10 beside Janus and the floor (15 min; QUICK=1: 3 min)
	@.ci/bench-deps
	$(BIN)/python -m tests.load.bench_goals $(if $(QUICK),--quick)

image: ## build the container image with buildah on a bare Debian base
	docker/build-image

format: setup ## put everything into the project's form
	$(BIN)/ruff format . && $(BIN)/ruff check --fix .
	cd media/core && cargo fmt
	cd static_client && npm run --silent fix

clean: ## remove what was built (not the demo school's data)
	rm -rf $(VENV) media/core/target media/_core*.so static_client/node_modules server/web
