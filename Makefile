# Everything runs on the Bun that package.json pins; npm (with Node 20 or newer) fetches it where it is not on PATH.
BUN_VERSION := $(shell sed -n 's/^ *"bun": "\([0-9][0-9.]*\)".*/\1/p' package.json)
BUN := node_modules/.bin/bun
INSTALLED := node_modules/.installed-$(BUN_VERSION)

# The bundles start in half the time of the sources and use less memory.
BUILT := dist/main.js
SOURCES := $(shell find src -name '*.ts*' -not -path 'src/simulator/*')

export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help demo run build test timings check check-format check-lint check-types check-unused fmt docs exchange bench soak

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# Options of the runtime for small machines, explained in the unit file.
demo run: export BUN_JSC_forceRAMSize ?= 134217728
demo run: export BUN_GC_TIMER_INTERVAL ?= 10000
demo run: export BUN_JSC_thresholdForJITAfterWarmUp ?= 4000
demo run: export BUN_JSC_thresholdForJITSoon ?= 1000

demo: $(BUILT) ## Start the service on simulated exchanges (PORT, 8083; DEMO_PAST_DAYS, 14) until Ctrl-C
	@exec $(BUN) scripts/demo.ts

run: $(BUILT) ## Start the service on the real exchanges, configured by the environment or FF_CONFIG
	@exec $(BUN) dist/main.js

build: $(BUILT) ## Build dist/: the service as one minified file per thread, with source maps

# Built in a separate folder, one for each process that builds, then moved: a service started meanwhile gets either the
# old or the new version. The runtime parses a script whose bytecode belongs to another one.
$(BUILT): $(SOURCES) scripts/build.ts package.json $(INSTALLED)
	@new=dist/new-$$$$ && trap "rm -rf $$new" EXIT && \
	$(BUN) scripts/build.ts $$new && \
	mv $$new/worker.js* $$new/reader-thread.js* dist && mv $$new/main.js.* dist && mv $$new/main.js dist

# Twice as many processes as cores: the long tests mostly wait for programs that they started.
TEST_WORKERS ?= $(shell echo $$((2 * $$(getconf _NPROCESSORS_ONLN))))
# A process loads the sources once for all its files, not again for each: a tenth to a quarter less CPU. What
# test/support/preload.ts sets would then hold for its first file only.
PATIENCE_MS = $(shell sed -n 's/^export const PATIENCE_MS = \([0-9_]*\);$$/\1/p' test/support/patience.ts | tr -d _)
RUN_TESTS = $(BUN) test --parallel=$(TEST_WORKERS) --no-isolate --timeout=$(PATIENCE_MS) --timings=test/timings.json

test: ## Run every check, then every test
	@$(MAKE) --no-print-directory -j2 check $(BUILT)
	$(RUN_TESTS)

timings: $(INSTALLED) ## Run every test and record how long each file takes: make test starts with the slowest
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

docs: $(INSTALLED) ## Regenerate docs/{exchanges,fees}.md, docs/openapi.json, defaults in docs/fields.md, settings in README.md, rooms in CONTRIBUTING.md
	$(BUN) scripts/write-settings.ts
	$(BUN) scripts/write-exchanges.ts
	$(BUN) scripts/write-fees.ts
	$(BUN) scripts/write-openapi.ts
	$(BUN) scripts/write-defaults.ts
	$(BUN) scripts/write-rooms.ts

exchange: $(INSTALLED) ## Create the adapter of another exchange: make exchange ID=newone
	@$(BUN) scripts/new-exchange.ts "$(ID)"
	@$(MAKE) --no-print-directory docs

bench: $(BUILT) ## Run the benchmarks (SECTIONS="idle start", QUICK=1, MINUTES=10 of memory); WRITE=1 updates docs/performance.md
	$(BUN) bench/main.ts $(SECTIONS) $(if $(QUICK),--quick) $(if $(MINUTES),--minutes $(MINUTES)) $(if $(WRITE),--write)
	@$(if $(WRITE),$(BUN) fmt docs/performance.md >/dev/null)

soak: $(BUILT) ## Inject random faults on every exchange for MINUTES (20); SEED repeats a run
	$(BUN) bench/soak/main.ts $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED))

# Runs again whenever the manifest, the lock file or a patch changes. Bun's package installs its binary in an install
# script: npx runs it whatever npm's settings are, and the third step runs it if the installation
# was not allowed to.
$(INSTALLED): package.json bun.lock $(wildcard patches/*)
	@echo "Installing the versions pinned in package.json; only Bun may run an install script."
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
