# knot: every verb of the project. `make` alone does what CI does; `make help` lists the rest.
# Needs npm and git; brings Node 24 from npm when the system's Node is older than 22.19.

MAKEFLAGS += --no-print-directory
SHELL := /bin/sh

OS   := $(shell uname -s | tr '[:upper:]' '[:lower:]')
ARCH := $(shell uname -m | sed 's/x86_64/x64/;s/aarch64/arm64/')
LOCAL_NODE := $(CURDIR)/.node/node_modules/node-$(OS)-$(ARCH)/bin/node
SYSTEM_NODE := $(shell node -e 'const [a, b] = process.versions.node.split("."); if (+a > 22 || (+a === 22 && +b >= 19)) console.log(process.execPath)' 2>/dev/null)
NODE := $(or $(SYSTEM_NODE),$(LOCAL_NODE))

# every tool below runs on this Node, never on an older one that happens to be first in PATH
export PATH := $(dir $(NODE)):$(PATH)

BIN := $(NODE) node_modules
# old npm warns of itself on a new Node
NPM_INSTALL := NODE_OPTIONS=--no-deprecation npm install --no-save --no-audit --no-fund --loglevel=error
NO_NPM := knot needs npm: install it first (on Debian or Ubuntu: sudo apt-get install npm).
TSC := $(BIN)/typescript/bin/tsc
SOURCES := $(shell find cmd internal -name '*.ts' -not -name '*.test.ts' 2>/dev/null)
WEB := $(shell find web -type f -not -path 'web/dist/*' 2>/dev/null)

.PHONY: all help run build check types lint test test-fast bench conformance docs dev fmt golden clean

all: check test conformance ## What CI runs

help: ## List the verbs
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | awk -F'\t' '{ printf "make %-12s %s\n", $$1, $$2 }'

$(LOCAL_NODE):
	@command -v npm >/dev/null || { echo '$(NO_NPM)' >&2; exit 1; }
	@echo "The system's Node is missing or older than 22.19: fetching Node 24 from npm into .node/"
	@$(NPM_INSTALL) --prefix .node node-$(OS)-$(ARCH)@24

# not `npm ci`: it refuses a lock file without the packages of other platforms, which not every registry carries
node_modules/.installed: package.json package-lock.json | $(NODE)
	@command -v npm >/dev/null || { echo '$(NO_NPM)' >&2; exit 1; }
	@echo 'Installing the packages knot is built from; the first time this takes a minute or more.'
	@$(NPM_INSTALL)
	@touch $@

run: build bubblewrap ## Build and start the daemon (ARGS="--server-listen :3000" for flags)
	@[ -e knot.toml ] || { install -m 600 knot.toml.example knot.toml && echo 'Made knot.toml from knot.toml.example.'; }
	@exec dist/knot server $(ARGS)

.PHONY: bubblewrap
bubblewrap:
	@command -v bwrap >/dev/null || if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo 'Installing bubblewrap, which sandboxes the spaces that are processes of this machine.'; \
	  apt-get install -qq -y --no-install-recommends bubblewrap >/dev/null 2>&1 || \
	  { apt-get update -qq && apt-get install -qq -y --no-install-recommends bubblewrap >/dev/null; } || true; \
	else \
	  echo 'Without bubblewrap no space can run as a sandboxed process. Install it: sudo apt-get install bubblewrap'; \
	fi

build: dist/knot web/dist/index.html ## Bundle into dist/ and web/dist/; leaves the executable dist/knot

dist/knot: node_modules/.installed $(SOURCES) cmd/vite.config.ts cmd/knot/knot.sh
	@echo 'Building knot.'
	@$(BIN)/vite/bin/vite.js build cmd
	@sed 's|@NODE@|$(NODE)|' cmd/knot/knot.sh > $@ && chmod 755 $@

web/dist/index.html: node_modules/.installed $(WEB)
	@echo 'Building its web pages.'
	@$(BIN)/vite/bin/vite.js build web --logLevel warn

check: types lint docs-check ## Types, lint, format, dead code and generated files

types: node_modules/.installed
	$(TSC) --noEmit -p .
	$(TSC) --noEmit -p web

lint: node_modules/.installed
	$(BIN)/@biomejs/biome/bin/biome check --error-on-warnings .
	$(BIN)/knip/bin/knip.js

docs-check: node_modules/.installed
	$(NODE) internal/reference/write.ts --check

test: build ## All tests, with the engine, database and browser they need brought by the project's own scripts
	$(NODE) internal/testkit/test.ts $(TESTS)

test-fast: node_modules/.installed ## The tests that need nothing of the machine
	$(NODE) --test 'internal/**/*.test.ts'

bench: build ## Medians and ratios against a baseline of the same run
	$(NODE) internal/bench/bench.ts $(BENCH)

conformance: node_modules/.installed ## The official MCP suite's required scenarios, both protocol eras
	$(NODE) internal/mcp/conformance.ts

docs: node_modules/.installed ## Regenerate docs/reference and knot.toml.example
	$(NODE) internal/reference/write.ts

dev: node_modules/.installed ## The daemon, restarted when a source changes
	$(NODE) --watch cmd/knot/main.ts server $(ARGS)

fmt: node_modules/.installed ## Format and fix what can be fixed
	$(BIN)/@biomejs/biome/bin/biome check --write .

clean: ## Remove what was built and fetched; data/ and knot.toml stay
	rm -rf dist web/dist node_modules .node .cache
