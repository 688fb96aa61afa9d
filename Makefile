# SPDX-License-Identifier: Apache-2.0
# Everything a person or a machine does with this repository. Nothing need be prepared.

# Where a toolchain usually is, behind whatever the caller's PATH finds first.
export PATH := $(PATH):$(HOME)/.local/share/swiftly/bin:/opt/swift/usr/bin:/usr/share/swift/usr/bin

PREFIX ?= /usr/local
# The builds that are used: a test installs the debug one.
BUILD := .build/release
BINARY := $(BUILD)/doku-token-rotator
# What a host's man and shells read, as it is installed.
SHARE := .build/share
# The time of the sources, so that the same sources give the same pages and packages.
export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || date +%s)
DATE = $(shell LC_ALL=C date -u -d "@$(SOURCE_DATE_EPOCH)" "+%B %-d, %Y")
# Where packages are put, and the tree of one while it is made.
PACKAGES := .build
DEB_ROOT = $(PACKAGES)/deb
# The C++ library that Swift's runtime needs goes into the binary too, where its archive is at hand: the linker takes
# what it finds first, and this directory holds nothing but a link to the archive.
ARCHIVES := .build/archives
# What is beside the binary is never taken for a library of it; what the loader has resolved is closed to writes; no
# build id, which would depend on where the sources lie.
RELEASE := swift build -c release --static-swift-stdlib --disable-local-rpath -Xlinker "-L$(CURDIR)/$(ARCHIVES)" \
	-Xlinker -z -Xlinker relro -Xlinker -z -Xlinker now -Xlinker --build-id=none

.PHONY: build release-needs demo test verify kubernetes torture lint bench manual share install deb image dist packages \
	clean

build: release-needs
	$(RELEASE) --product doku-token-rotator

demo: release-needs
	@echo "The first build takes 3 to 10 minutes, a later one seconds. It stays in .build, until make clean."
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

# What a change usually breaks, in less than five minutes: `.ci/suites` says which suites these are.
test:
	@.ci/prepare test
	@$(MAKE) --no-print-directory lint
	swift build --build-tests --explicit-target-dependency-import-check error
	.ci/suites quick

# Every suite: those of `make test`, and all others at the size of every day.
verify: test
	@.ci/prepare verify
	Tests/Fuzzing/run
	.ci/suites rest

# Builds a kube-apiserver into .build-kubernetes, once (about 9 minutes of a processor), and runs what needs one; `make
# verify` does so too if it is built.
kubernetes:
	@.ci/prepare kubernetes
	nice Tests/IntegrationTests/Kubernetes/cluster build
	swift build --build-tests
	.ci/suites KubernetesSecretTests ManifestTests ShardedRunTests

# Every fault suite at its full size, and the scoreboard of all.
torture:
	@.ci/prepare verify
	swift build --build-tests
	@.ci/torture

bench: build
	Benchmarks/run $(BENCH_FLAGS)

manual: build
	$(RELEASE) --product manual-pages

# Manual pages and completions, made anew from the commands' own definitions: a command that is gone leaves nothing.
share: manual
	@rm -rf "$(SHARE)"
	@mkdir -p "$(SHARE)/bash-completion/completions" "$(SHARE)/zsh/site-functions" "$(SHARE)/fish/vendor_completions.d"
	@$(BINARY) --experimental-dump-help >"$(SHARE)/commands.json"
	@$(BUILD)/manual-pages --date "$(DATE)" --example config/example.yaml "$(SHARE)/man" <"$(SHARE)/commands.json"
	@rm "$(SHARE)/commands.json"
	@$(BINARY) --generate-completion-script bash | sed '1{/^#!/d}' >"$(SHARE)/bash-completion/completions/doku-token-rotator"
	@$(BINARY) --generate-completion-script zsh >"$(SHARE)/zsh/site-functions/_doku-token-rotator"
	@$(BINARY) --generate-completion-script fish >"$(SHARE)/fish/vendor_completions.d/doku-token-rotator.fish"

# Units, examples and what they name speak of the program and its files where they are installed.
SITE = sed -e 's|/usr/local/bin/doku-token-rotator|$(PREFIX)/bin/doku-token-rotator|g' \
	-e 's|^PATH=/usr/local/bin:|PATH=$(addsuffix :,$(filter-out /usr/bin,$(PREFIX)/bin))|' \
	-e 's|schema=./schema.json|schema=$(PREFIX)/share/doku-token-rotator/schema.json|'
# In a home directory there are units for the user's own systemd only: a system unit sees no home.
AT_HOME = $(if $(HOME),$(filter $(HOME)/%,$(PREFIX)))
UNITS = $(if $(AT_HOME),,$(wildcard systemd/*.service systemd/*.timer))
USER_UNITS = $(if $(AT_HOME),share,lib)/systemd/user

install: share
	install -D -m 0755 $(BINARY) "$(DESTDIR)$(PREFIX)/bin/doku-token-rotator"
	@find "$(SHARE)" -type f -printf '%P\n' | while read -r file; do \
		install -D -m 0644 "$(SHARE)/$$file" "$(DESTDIR)$(PREFIX)/share/$$file" || exit 1; \
	done
	@site() { $(SITE) "$$1" | install -D -m 0644 /dev/stdin "$(DESTDIR)$(PREFIX)/$$2"; }; set -e; \
	for file in schema.json report.schema.json; do site config/$$file share/doku-token-rotator/$$file; done; \
	for unit in systemd/user/*.service systemd/doku-token-rotator.timer; do site $$unit $(USER_UNITS)/$${unit##*/}; done; \
	for unit in $(UNITS); do site $$unit lib/systemd/system/$${unit##*/}; done; \
	if [ -z "$(AT_HOME)" ]; then \
		site systemd/sysusers.conf lib/sysusers.d/doku-token-rotator.conf; \
		site config/cron/tmpfiles.conf lib/tmpfiles.d/doku-token-rotator.conf; \
		install -m 0755 systemd/doctor-as-service "$(DESTDIR)$(PREFIX)/share/doku-token-rotator/"; \
	fi; \
	for file in README.md CHANGELOG.md CONTRIBUTING.md SUPPORT.md SECURITY.md docs/*.md; do site $$file share/doc/doku-token-rotator/$$file; done; \
	for file in example.yaml minimal.yaml cron/doku-token-rotator container/compose.yaml prometheus/alerts.yaml prometheus/dashboard.json \
		$$(cd config && find kubernetes -type f -name '*.yaml'); do \
		site config/$$file share/doc/doku-token-rotator/examples/$$file; \
	done; \
	for file in systemd/examples/*; do \
		site $$file share/doc/doku-token-rotator/examples/systemd/$${file##*/}; \
	done

# A package for Debian and its like.
deb: share
	@.ci/prepare deb
	@rm -rf "$(DEB_ROOT)"
	@mkdir -p "$(DEB_ROOT)"
	@$(MAKE) --no-print-directory --silent install -o share DESTDIR="$$(realpath "$(DEB_ROOT)")" PREFIX=/usr
	@rm -f "$(PACKAGES)"/doku-token-rotator_*.deb
	@packaging/debian/build "$(DEB_ROOT)" "$(PACKAGES)"

# A container image, an OCI archive, without a registry and without root.
image: deb
	@.ci/prepare image
	@rm -f "$(PACKAGES)"/doku-token-rotator_*.oci.tar
	@packaging/container/build "$(PACKAGES)"/doku-token-rotator_*.deb "$(PACKAGES)"

# All files of a release page, with their checksums, in .build/dist. The same commit gives the same bytes.
dist: image
	@.ci/prepare dist
	@rm -rf "$(PACKAGES)/tree"
	@mkdir -p "$(PACKAGES)/tree"
	@$(MAKE) --no-print-directory --silent install -o share DESTDIR="$$(realpath "$(PACKAGES)/tree")" PREFIX=/usr/local
	@packaging/release/build "$(PACKAGES)/tree" "$(PACKAGES)" "$(PACKAGES)/dist"

# The package and the image of the release, tried out: on a clean Debian, as a restricted pod, built a second time.
packages: dist
	@.ci/prepare packages
	@$(RELEASE) --product doku-sandbox
	@Tests/PackagingTests/Packages/run "$(PACKAGES)" $(BUILD)/doku-sandbox

clean:
	rm -rf .build .build-mutants .build-thread .build-address .build-kubernetes
