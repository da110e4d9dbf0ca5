# Builds, tests and installs WarpDrive with the Swift package manager; `make help` lists the targets.
# SPDX-License-Identifier: Apache-2.0

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
# Builds share the machine and the scratch folders: one stage after the other, whatever -j says.
.NOTPARALLEL:
.DEFAULT_GOAL := release

# Everything below may be set on the command line, as in `make install PREFIX=$HOME/.local`.
SWIFT ?= swift
PREFIX ?= /usr/local
DESTDIR ?=
# Regular expressions that choose tests, for the test-* targets.
FILTER ?=
SKIP ?=
# Tests that run with the release command instead; `make soak` has AddressSanitizer see them all.
ASAN_SKIP ?= ^(CommandTests\.|SystemTests\.SystemTests/(KilledClientTests|ResetTests)/)
# Of one thread, and long there: inputs by the thousand, and checks of drivers that are wrong on purpose.
TSAN_SINGLE := ConformanceTests\.(Toy|Driver|Vector)Tests|FuzzReplayTests
TSAN_SINGLE := $(TSAN_SINGLE)|ZlibProviderTests\.(DeflateInput|Corruption)Tests
TSAN_SINGLE := $(TSAN_SINGLE)|WarpDriveCoreTests\.(Mode|CrossCheck)Tests
TSAN_SINGLE := $(TSAN_SINGLE)|OpenSSLProviderTests\.(Template|KeyEncoding|AEAD|KeyDerivation)Tests
TSAN_SINGLE := $(TSAN_SINGLE)|OpenSSLProviderTests\.(AEAD|PublicKey|)(Vector|CAVP)Tests
# These need the command, which ThreadSanitizer's build leaves out.
TSAN_COMMAND := CommandTests\.|SystemTests\.|WarpDrivePluginsTests\.SetuidTests
TSAN_SKIP ?= ^($(TSAN_COMMAND)|$(TSAN_SINGLE))
# The file that `make run` compresses; empty: the built command.
FILE ?=
# Sizes of the short forms of the soaks that `make test` runs.
SHORT_SIZE ?= 64M

export SWIFT FILTER SKIP
export RESULTS := .build/results
# Where the command tests, the soaks and the demonstration find the built command.
WDPROV := .build/release/wdprov

STAGE := @Scripts/stage.sh
# The toolchain's own linker: gold prints hundreds of warnings about a sanitizer's symbols.
LLD := -Xswiftc -use-ld=lld
RELEASE := Scripts/build-release.sh
BIN := $(DESTDIR)$(PREFIX)/bin
SHARE := $(DESTDIR)$(PREFIX)/share
INCLUDE := $(DESTDIR)$(PREFIX)/include
MANUAL := $(wildcard Docs/man/*.1)
HEADER := $(wildcard Sources/CWarpDrivePlugin/include/wdprov.h)
# Where the loader looks for plugins of programs below PREFIX.
PROVIDERS := $(DESTDIR)$(PREFIX)/lib/wdprov/providers
# What Scripts/build-plugins.sh may have built; what it did build is known when a recipe runs.
PLUGINS := .build/providers
PLUGIN_NAMES := $(patsubst Plugins/%/,%,$(filter-out Plugins/common/,$(wildcard Plugins/*/)))

# What `make test` runs, in this order.
#
# Each test runs once at least: the libraries' under AddressSanitizer, the command's with the release build of it.
# `make test-debug` runs all of them without either, for the desk.
STAGES := setup-test lint floors plugins test-asan test-tsan release test-release check-memory check-system-calls \
  check-bench-page test-guest soak-short examples docs check-install bench-build

.PHONY: help run test stages setup setup-test lint format floors build plugins test-debug test-asan test-tsan \
  release test-release check-memory check-system-calls check-bench-page test-guest soak-short examples docs \
  check-install install uninstall soak bench bench-peers bench-build clean

help: ## lists the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1\t\2/p' Makefile | while IFS=$$'\t' read -r name text; do \
	  printf '  make %-18s %s\n' "$$name" "$$text"; done

run: setup release ## sets up, builds the release, compresses a real file with every gzip driver and checks each result
	@WDPROV=$(WDPROV) Scripts/run-demo.sh $(if $(FILE),'$(FILE)')

test: ## everything that continuous integration runs
	@rm -rf $(RESULTS)
	@status=0; $(MAKE) --no-print-directory stages || status=$$?; Scripts/summary.py $(RESULTS) $$status

# The documentation is made from modules that are built by then.
stages: export BUILT := .build-tsan/debug
stages: $(STAGES)

setup: ## installs the Debian packages that building needs
	$(STAGE) $@ Scripts/setup.sh build

setup-test: ## the same, and what testing needs
	$(STAGE) $@ Scripts/setup.sh test

lint: ## swift-format, documentation comments, shell scripts, file heads and sizes
	$(STAGE) $@ Scripts/lint.sh

format: ## lets swift-format rewrite the sources
	@$(SWIFT) format format --in-place --parallel --recursive \
	  $(wildcard Package.swift Sources Plugins Tests Examples)

floors: ## who imports whom
	$(STAGE) $@ Scripts/check-floors.py

build: ## the debug build, warnings as errors
	$(STAGE) $@ Scripts/swift.sh build --build-tests

plugins: ## the plugins whose libraries are installed, into .build/providers
	$(STAGE) $@ Scripts/build-plugins.sh

# Where tests find the plugins that `make plugins` built.
test-debug test-asan test-tsan test-release: export WDPROV_TEST_PLUGINS := $(abspath $(PLUGINS))

test-debug: ## all tests
	$(STAGE) $@ Scripts/run-tests.sh $@

# LeakSanitizer comes with AddressSanitizer; Swift's own crash handler would hide the sanitizer's report.
test-asan: export SKIP := $(or $(SKIP),$(ASAN_SKIP))
test-asan: export ASAN_OPTIONS := detect_leaks=1
test-asan: export SWIFT_BACKTRACE := enable=no
test-asan: ## all tests under AddressSanitizer with leak checking
	$(STAGE) $@ Scripts/run-tests.sh $@ --scratch-path .build-asan --sanitize=address $(LLD)

test-tsan: export WDPROV_LIBRARIES_ONLY := 1
test-tsan: export SKIP := $(or $(SKIP),$(TSAN_SKIP))
test-tsan: export TSAN_OPTIONS := suppressions=$(abspath Scripts/tsan.supp):print_suppressions=0
test-tsan: export SWIFT_BACKTRACE := enable=no
test-tsan: ## the tests of the libraries under ThreadSanitizer
	$(STAGE) $@ Scripts/run-tests.sh $@ --scratch-path .build-tsan --sanitize=thread $(LLD)

release: $(PLUGINS)/.built ## the command as it is shipped, and what it loads at start-up
	$(STAGE) $@ $(SHELL) -c '$(RELEASE) && Scripts/check-linkage.sh $(WDPROV)'

# The test program is AddressSanitizer's, which is built already; the command is the one that is shipped.
test-release: export FILTER := $(or $(FILTER),$(ASAN_SKIP))
test-release: export WDPROV_BINARY := $(abspath $(WDPROV))
test-release: $(WDPROV) ## the tests of the command, with the release build of it
	$(STAGE) $@ Scripts/run-tests.sh $@ --scratch-path .build-asan --sanitize=address $(LLD)

check-memory: $(WDPROV) ## the shipped command under valgrind: an optimizer's mistakes are in no sanitizer's build
	$(STAGE) $@ Scripts/check-memory.py $(WDPROV) $(PLUGINS)

check-system-calls: $(WDPROV) ## a program that polls its queue makes no system call for a request
	$(STAGE) $@ $(SHELL) -c '$(RELEASE) QueueClient && Scripts/check-system-calls.py $(WDPROV)'

check-bench-page: $(WDPROV) ## the page of `wdprov bench --html` shows its marks in headless Chromium
	$(STAGE) $@ Scripts/check-bench-page.py $(WDPROV)

test-guest: export WDPROV := $(WDPROV)
test-guest: $(WDPROV) ## the unmodified Linux driver, in virtual machines, against the device model
	$(STAGE) $@ Tests/GuestTests/run.sh

soak-short: export WDPROV := $(WDPROV)
soak-short: $(WDPROV) ## the short forms of the memory soaks
	$(STAGE) $@ $(SHELL) -c 'Scripts/soak-bomb.sh $(SHORT_SIZE) && Scripts/soak-stream.sh $(SHORT_SIZE)'

examples: ## builds and runs the examples
	$(STAGE) $@ Scripts/examples.sh

docs: ## checks that every public symbol is documented and builds the DocC catalogues
	$(STAGE) $@ Scripts/docs.sh

check-install: $(WDPROV) ## installs into a temporary root and checks every file
	$(STAGE) $@ Scripts/check-install.sh

# Built again only when a source is newer, so that `sudo make install` after `make` compiles nothing as root.
$(WDPROV): Package.swift $(shell find Sources -type f)
	@$(RELEASE)
	@touch $@

# Built again only when a source is newer, for the same reason.
$(PLUGINS)/.built: Scripts/build-plugins.sh $(HEADER) $(shell find Plugins -type f -name '*.[ch]')
	@Scripts/build-plugins.sh

install: $(WDPROV) $(PLUGINS)/.built ## installs below PREFIX (/usr/local), or below DESTDIR and PREFIX
	@install -d '$(BIN)' '$(SHARE)/man/man1' '$(SHARE)/bash-completion/completions' '$(SHARE)/zsh/site-functions' \
	  '$(SHARE)/fish/vendor_completions.d' $(if $(HEADER),'$(INCLUDE)')
	install -m 755 $(WDPROV) '$(BIN)/wdprov'
	$(if $(MANUAL),install -m 644 $(MANUAL) '$(SHARE)/man/man1')
	@completions=$$(mktemp -d); trap 'rm -rf "$$completions"' EXIT; \
	  for shell in bash zsh fish; do $(WDPROV) completions $$shell >"$$completions/$$shell"; done; \
	  install -v -m 644 "$$completions/bash" '$(SHARE)/bash-completion/completions/wdprov'; \
	  install -v -m 644 "$$completions/zsh" '$(SHARE)/zsh/site-functions/_wdprov'; \
	  install -v -m 644 "$$completions/fish" '$(SHARE)/fish/vendor_completions.d/wdprov.fish'
	$(if $(HEADER),install -m 644 $(HEADER) '$(INCLUDE)/wdprov.h')
	@install -d '$(PROVIDERS)'
	install -m 755 $(PLUGINS)/libwdprov_*.so '$(PROVIDERS)'

uninstall: ## removes what `make install` with the same PREFIX and DESTDIR put there
	rm -f '$(BIN)/wdprov' $(patsubst %,'$(SHARE)/man/man1/%',$(notdir $(MANUAL))) \
	  '$(SHARE)/bash-completion/completions/wdprov' '$(SHARE)/zsh/site-functions/_wdprov' \
	  '$(SHARE)/fish/vendor_completions.d/wdprov.fish' $(if $(HEADER),'$(INCLUDE)/wdprov.h') \
	  $(patsubst %,'$(PROVIDERS)/libwdprov_%.so',$(PLUGIN_NAMES))

# The long forms: WDPROV_SOAK=1 tells the suites that have one.
soak: export WDPROV_SOAK := 1
soak: export TEST_TIMEOUT := 14400
soak: export ASAN_SKIP :=
soak: export WDPROV := $(WDPROV)
soak: $(WDPROV) ## the long runs, three hours or more: to be done before a release
	@$(MAKE) --no-print-directory test-debug test-asan test-tsan
	$(STAGE) soak-bomb Scripts/soak-bomb.sh 10G
	$(STAGE) soak-stream Scripts/soak-stream.sh 1G
	$(STAGE) soak-fuzz Scripts/fuzz.sh

# swift-crypto is a peer only when asked for: it takes minutes to build. .gitignore is the start-up rows' tiny file.
bench: export WDPROV_BENCH_SWIFT_CRYPTO := 1
bench: export WDPROV_TEST_PLUGINS := $(abspath $(PLUGINS))
bench: $(WDPROV) $(PLUGINS)/.built ## the benchmarks against the C libraries
	@Scripts/swift.sh run -c release --package-path Tests/Benchmarks Benchmarks $(abspath $(WDPROV) .gitignore)

bench-peers: $(WDPROV) plugins ## gzip beside zlib, and the command beside pigz, igzip and others: ratios and goals
	@Scripts/swift.sh build -c release --package-path Tests/Benchmarks --product Benchmarks
	@Scripts/bench-peers.py $(abspath $(WDPROV) $(PLUGINS) Tests/Benchmarks/.build/release/Benchmarks)

bench-build: ## builds the benchmarks, so that they do not rot
	$(STAGE) $@ Scripts/swift.sh build --package-path Tests/Benchmarks --scratch-path .build-consumers \
	  --disable-index-store

clean: ## removes what was built
	rm -rf .build .build-asan .build-tsan .build-cavp .build-consumers Tests/Benchmarks/.build \
	  Examples/*/.build
