# SPDX-License-Identifier: Apache-2.0
# Everything a person or a machine does with this repository. `make demo` and `make test` need nothing prepared.

# Where a toolchain usually is, behind whatever the caller's PATH finds first.
export PATH := $(PATH):$(HOME)/.local/share/swiftly/bin:/opt/swift/usr/bin:/usr/share/swift/usr/bin

PREFIX ?= /usr/local
BINARY := .build/release/doku-token-rotator
# The C++ library that Swift's runtime needs goes into the binary too, where its archive is at hand: the linker takes
# what it finds first, and this directory holds nothing but a link to the archive.
ARCHIVES := .build/archives
RELEASE := swift build -c release --static-swift-stdlib -Xlinker -L$(CURDIR)/$(ARCHIVES)

.PHONY: build release-needs demo test torture lint bench install clean

build: release-needs
	$(RELEASE) --product doku-token-rotator

demo: release-needs
	@$(RELEASE) --product doku-token-rotator
	@$(RELEASE) --product doku-sandbox
	@config/demo/run

release-needs:
	@.ci/prepare build
	@mkdir -p $(ARCHIVES)
	@ln -sf "$$(clang -print-file-name=libstdc++.a)" $(ARCHIVES)/ || true

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
	Tests/Fuzzing/run

# Every fault suite at its full size, and the scoreboard of all.
torture:
	@.ci/prepare test
	swift build --build-tests
	@.ci/torture

bench: build
	@.ci/prepare bench
	Benchmarks/run $(BENCH_FLAGS)

install: build
	install -D -m 0755 $(BINARY) $(DESTDIR)$(PREFIX)/bin/doku-token-rotator

clean:
	rm -rf .build .build-mutants
