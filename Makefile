# Two commands matter: `make run` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
CARGO ?= cargo
DATA ?= data
# Question sets and texts for measuring; others can be named.
SETS ?= $(wildcard ../shared/data/retrieval/*.json)
TEXTS ?= $(wildcard ../shared/data/corpora/*)
export CARGO_TERM_COLOR ?= auto

.PHONY: help run web build test format lint unit browser shots clean bench eval

help: ## This list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

web/node_modules: web/package-lock.json
	@command -v npm >/dev/null || { echo "Node.js 20 with npm is needed to build the pages' styles and scripts: install nodejs"; exit 1; }
	cd web && { npm ci --no-audit --no-fund || npm install --no-save --no-audit --no-fund; }
	@touch $@

web/dist/.vite/manifest.json: web/node_modules $(shell find web/src -type f 2>/dev/null) web/vite.config.ts
	cd web && npm run --silent build
	@touch $@

web: web/dist/.vite/manifest.json ## Styles and scripts of the pages

build: web ## The optimised binary, target/release/xinghe
	$(CARGO) build --release --locked -p xinghe

run: build ## Build, fetch the local model, start on http://127.0.0.1:8080 with real content
	@./target/release/xinghe model pull --data-dir $(DATA) || echo "Going on without the model: search by words only. \`xinghe model pull\` tries again."
	./target/release/xinghe serve --data-dir $(DATA)

format: ## Check formatting
	$(CARGO) fmt --all --check

lint: web ## Lints and spelling; licences where cargo-deny is installed
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	@tests/lint.sh

unit: web ## All Rust tests, on SQLite and PostgreSQL
	tests/postgres.sh $(CARGO) nextest run --workspace --locked --no-fail-fast

browser: web ## Journeys in Chromium
	tests/browser.sh

shots: web ## Pictures of every page, in target/shots
	tests/browser.sh node tests/browser/shots.mjs

test: ## Everything: format, lints, tests on both databases, browser
	@tests/tools.sh
	$(MAKE) format
	$(MAKE) lint
	$(MAKE) unit
	$(MAKE) browser

bench: build ## Measure speed, memory and weight; writes docs/benchmarks.md
	$(CARGO) build --release --locked -p xinghe-web --example hello
	XINGHE_EVAL_SETS="$(SETS)" XINGHE_BENCH_TEXTS="$(TEXTS)" python3 tests/bench.py

eval: build ## Measure search and answers on the question sets in SETS; writes docs/evaluation.md
	DATA=$(DATA) tests/eval.sh $(SETS)

clean: ## Remove what was built
	$(CARGO) clean
	rm -rf web/dist web/node_modules
