# Everything runs on the Bun that package.json pins; npm (with Node 20 or newer) fetches it where it is not on PATH.
BUN_VERSION := $(shell sed -n 's/^ *"bun": "\([0-9][0-9.]*\)".*/\1/p' package.json)
BUN := node_modules/.bin/bun
INSTALLED := node_modules/.installed-$(BUN_VERSION)

# What is started: a third less to do at each start than from its sources, and 10 MB less in memory.
BUILT := dist/main.js
SOURCES := $(shell find src -name '*.ts*' -not -path 'src/simulator/*')

export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help demo run build test timings check check-format check-lint check-types check-unused fmt docs exchange bench soak

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# The memory that the runtime is to believe the machine has, in bytes, as in the unit file: it lets its heaps grow by it.
demo run: export BUN_JSC_forceRAMSize ?= 134217728

demo: $(BUILT) ## Start the service on simulated exchanges (PORT, 8083) until Ctrl-C
	@exec $(BUN) scripts/demo.ts

run: $(BUILT) ## Start the service on the real exchanges, set up by the environment or FF_CONFIG
	@exec $(BUN) dist/main.js

build: $(BUILT) ## Write dist/: the service as one minified file for each thread, with source maps

# Beside the place where it belongs, then moved: whoever starts the service meanwhile finds the old one or the new one.
$(BUILT): $(SOURCES) package.json $(INSTALLED)
	@$(BUN) build src/main.ts src/collector/worker.ts --target=bun --minify --keep-names --sourcemap=linked \
	  --entry-naming='[name].[ext]' --outdir=dist/new >/dev/null
	@cd dist && mv new/worker.js new/worker.js.map . && mv new/main.js.map new/main.js .

# Twice as many processes as cores: the long tests mostly wait for programs that they have started.
TEST_WORKERS ?= $(shell echo $$((2 * $$(getconf _NPROCESSORS_ONLN))))
RUN_TESTS = $(BUN) test --parallel=$(TEST_WORKERS) --timings=test/timings.json

test: check $(BUILT) ## Run every check, then every test
	$(RUN_TESTS)

timings: $(INSTALLED) ## Run every test and note how long each file takes: make test starts with the slowest
	$(RUN_TESTS) --update-timings

check: check-format check-lint check-types check-unused ## Check format, lint and import rules, types, unused code

check-format: $(INSTALLED)
	$(BUN) fmt --check

check-lint: $(INSTALLED)
	$(BUN) --bun node_modules/.bin/oxlint

check-types: $(INSTALLED)
	$(BUN) check

check-unused: $(INSTALLED)
	$(BUN) --bun node_modules/.bin/knip --no-progress

fmt: $(INSTALLED) ## Format every file
	$(BUN) fmt

docs: $(INSTALLED) ## Write what is generated: the settings in README.md, docs/{exchanges,fees}.md, defaults in docs/fields.md, docs/openapi.json
	$(BUN) scripts/write-settings.ts
	$(BUN) scripts/write-exchanges.ts
	$(BUN) scripts/write-fees.ts
	$(BUN) scripts/write-openapi.ts
	$(BUN) scripts/write-defaults.ts
	$(BUN) scripts/write-rooms.ts

exchange: $(INSTALLED) ## Start the adapter of another exchange: make exchange ID=newone
	@$(BUN) scripts/new-exchange.ts "$(ID)"
	@$(MAKE) --no-print-directory docs

bench: $(BUILT) ## Measure against the budgets
	$(BUN) bench/main.ts

soak: $(BUILT) ## Random faults on every exchange for MINUTES (20); SEED repeats a run
	$(BUN) bench/soak/main.ts $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED))

# Again whenever the manifest or the lock file changes. Bun's package places its binary in an install
# script: npx is told to run it whatever npm's settings say, and the third step makes up for an install
# that was not allowed to.
$(INSTALLED): package.json bun.lock
	@echo "Installing what package.json pins; no package but Bun may run an install script."
	@test -n "$(BUN_VERSION)" || { echo "package.json pins no version of bun" >&2; exit 1; }
	@if test "$$(bun --version 2>/dev/null)" = "$(BUN_VERSION)"; then \
	  bun install --frozen-lockfile --no-summary; \
	else \
	  npm_config_ignore_scripts=false npm_config_update_notifier=false \
	    npx --yes bun@$(BUN_VERSION) install --frozen-lockfile --no-summary; \
	fi
	@test "$$($(BUN) --version 2>/dev/null)" = "$(BUN_VERSION)" || node node_modules/bun/install.js
	@test "$$($(BUN) --version)" = "$(BUN_VERSION)"
	@touch $@
