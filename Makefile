# SPDX-License-Identifier: Apache-2.0
# Everything a person or a machine does with this repository. `make demo` and `make test` need nothing prepared.

# Where a toolchain usually is, behind whatever the caller's PATH finds first.
export PATH := $(PATH):$(HOME)/.local/share/swiftly/bin:/opt/swift/usr/bin:/usr/share/swift/usr/bin

PREFIX ?= /usr/local
BINARY := .build/release/doku-token-rotator
RELEASE := swift build -c release --static-swift-stdlib

.PHONY: build demo test lint bench install clean

build:
	@.ci/prepare build
	$(RELEASE) --product doku-token-rotator

demo:
	@.ci/prepare build
	@$(RELEASE) --product doku-token-rotator
	@$(RELEASE) --product doku-sandbox
	@config/demo/run

lint:
	@.ci/prepare build
	swift format lint --strict --recursive Package.swift Sources Tests
	@.ci/check-house

test:
	@.ci/prepare test
	@$(MAKE) --no-print-directory lint
	swift build --build-tests
	# One after the other: a process that one test starts inherits the pipes another one waits on.
	DOKU_TEST_PYTHON=/usr/bin/python3 swift test --skip-build --no-parallel

bench: build
	@.ci/prepare bench
	Benchmarks/run $(BENCH_FLAGS)

install: build
	install -D -m 0755 $(BINARY) $(DESTDIR)$(PREFIX)/bin/doku-token-rotator

clean:
	rm -rf .build
