# make test runs the tests; make check runs everything that a change must pass. The other targets are parts of it, or longer runs of them.

GO            ?= go
GOLANGCI_LINT ?= v2.15.0
FUZZTIME      ?= 3s
BENCHTIME     ?= 1s
# Duration of the random histories in make soak.
SOAK          ?= 10m
# Duration of the faults in make soak-daemon, on each database.
DURATION      ?= 5m
# Regular expressions that select fuzz targets and benchmarks.
FUZZ          ?= .
BENCH         ?= .
PKG           ?= ./...

# The linter comes through Go's module proxy. It is not in go.mod, because its dependencies are not ours.
LINT = $(GO) run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT)

# The generator of store/db, likewise.
SQLC_VERSION ?= v1.31.1
SQLC = cd store && $(GO) run github.com/sqlc-dev/sqlc/cmd/sqlc@$(SQLC_VERSION)

.PHONY: all test check format tidy vet vulncheck lint generated race test-pasteld fuzz soak soak-daemon bench bench-once bench-scale bench-growth build keys generate release test-release clean

all: test build

# Installs what the tests need, PostgreSQL and a browser, and runs them.
test:
	@.ci/needs test
	@echo '== go test'
	$(GO) test -timeout 30m $(PKG)

check:
	@.ci/needs check
	@$(MAKE) format tidy vet lint generated keys race test-pasteld fuzz bench-once

# Fails on files that gofmt would change.
format:
	@echo '== gofmt'
	@files=$$(gofmt -l .) && if [ -n "$$files" ]; then echo "run gofmt -w on:"; echo "$$files"; exit 1; fi

# Fails if go.mod or go.sum does not match what the code needs.
tidy:
	@echo '== go mod tidy'
	@$(GO) mod tidy -diff

# Fails if a call in the program reaches a known vulnerability. Not part of make check: it reads Go's vulnerability database, https://vuln.go.dev.
vulncheck:
	@echo '== govulncheck'
	$(GO) run golang.org/x/vuln/cmd/govulncheck@v1.9.0 $(PKG)

vet:
	@echo '== go vet'
	$(GO) vet $(PKG)

lint:
	@echo '== golangci-lint $(GOLANGCI_LINT)'
	$(LINT) run $(PKG)

# Generated files and their sources.
GENERATED = store/sqlc.yaml store/queries/*.sql store/migrations/postgres/*.sql store/db/*.go
# Sort names the same way everywhere.
export LC_ALL = C
SUMS = echo 'sqlc $(SQLC_VERSION)'; sha256sum $(GENERATED)

# The dashboard's program for PastelID keys, and releases. This version of Go, which go fetches if it is another, makes the same bytes on
# every machine.
KEYS_GO = go1.26.8
KEYS_ENV = GOTOOLCHAIN=$(KEYS_GO) GOFLAGS= GOEXPERIMENT= GOFIPS140=off GOWASM=
KEYS = $(KEYS_ENV) GOOS=js GOARCH=wasm $(GO) build -trimpath -buildvcs=false -ldflags='-s -w -buildid=' -o bin/keys.wasm ./web/keys/program
KEYS_LOADER = "$$($(KEYS_ENV) $(GO) env GOROOT)/lib/wasm/wasm_exec.js"

# Builds that program, fails if the dashboard contains another one, and prints its fingerprint.
keys:
	@echo '== program for keys'
	@$(KEYS)
	@{ gunzip -c web/assets/keys.wasm.gz | cmp - bin/keys.wasm && cmp $(KEYS_LOADER) web/assets/wasm_exec.js; } || { echo 'run make generate'; exit 1; }
	@sha256sum bin/keys.wasm

# Fails if store/db is not what sqlc generates from store/queries. It compares the sums that make generate stored, because building the
# generator takes minutes.
generated:
	@echo '== generated code'
	@{ $(SUMS); } | cmp - generated.sum || { echo 'run make generate'; exit 1; }

generate:
	$(SQLC) generate
	$(KEYS)
	gzip -9nc bin/keys.wasm > web/assets/keys.wasm.gz
	cp $(KEYS_LOADER) web/assets/wasm_exec.js
	$(GO) test ./api -run 'TestOpenAPIDocument|TestDocument' -update
	{ $(SUMS); } > generated.sum

# The race detector watches our code and the libraries with goroutines. Libraries that only compute, above all SQLite's translation from C,
# would take most of the time and are left out. checkptr has nothing to find in addresses outside Go's heap.
COMPUTING = modernc.org/sqlite/lib modernc.org/libc modernc.org/memory golang.org/x/crypto/scrypt golang.org/x/crypto/argon2 \
	golang.org/x/crypto/blake2b github.com/decred/dcrd/dcrec/secp256k1/v4 github.com/cloudflare/circl/...
RACE = -race $(foreach p,$(COMPUTING),-gcflags='$(p)=-race=false -d=checkptr=0')

# The timeout only ends tests that hang.
race:
	@echo '== go test -race'
	CGO_ENABLED=1 $(GO) test $(RACE) -timeout 30m $(PKG)

# Tests the node's side of the node interface, in C++, against a real smartpoold, and fuzzes its parser for FUZZTIME.
test-pasteld:
	@echo '== integration/pasteld'
	$(GO) build -o integration/pasteld/build/ ./cmd/smartpoold
	$(MAKE) -C integration/pasteld test fuzz FUZZTIME='$(FUZZTIME)'

# Runs each fuzz target for FUZZTIME: make fuzz FUZZTIME=10m FUZZ=FuzzParse
fuzz:
	@echo '== fuzzing, $(FUZZTIME) each'
	@.ci/fuzz '$(FUZZTIME)' '$(FUZZ)'

# Plays random histories of many pools, with reorganizations and restarts, against a slow model of the rules: make soak SOAK=1h
soak:
	@echo '== soak, $(SOAK)'
	SOAK=$(SOAK) $(GO) test -count 1 -timeout 0 -v -run '^TestSoak$$' ./pool

# Daemons, PostgreSQL and node are killed, frozen and cut off, clocks step and disks fill up in random order; in the end tables and alerts must
# be an undisturbed daemon's: make soak-daemon DURATION=2h. With the SEED that a run printed, the same happens again. The logs of all
# processes stay in SOAK_LOGS. Filling disks takes root.
SEED          ?=
SOAK_LOGS     ?= $(CURDIR)/bin/soak
soak-daemon:
	@.ci/needs test
	@echo '== soak-daemon, $(DURATION)'
	@mkdir -p '$(SOAK_LOGS)'
	SOAK_DAEMON=$(DURATION) SEED=$(SEED) $(GO) test -count 1 -timeout 0 -v -run '^TestSoakDaemon$$' -artifacts -outputdir '$(SOAK_LOGS)' ./internal/daemon

bench:
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchtime '$(BENCHTIME)' -benchmem $(PKG)

# Checks that benchmarks compile and run, regardless of their figures.
bench-once:
	@echo '== benchmarks, once'
	$(GO) test -run '^$$' -bench . -benchtime 1x $(PKG)

# Measures a daemon on a database at a tenth of the network's limit, SIZE=full for all of it, SIZE=tiny to try: make bench-scale DATABASE=postgres
# The database is made once and kept: a tenth takes minutes and some GB, all of it an hour or more. DATABASE may be a URL, JSON=1 prints JSON.
SIZE     ?= tenth
DATABASE ?= sqlite
FOLDER   ?=
JSON     ?=
SCALE = $(GO) run ./integration/scale
KEPT = --database '$(DATABASE)' $(if $(FOLDER),--folder '$(FOLDER)') $(if $(JSON),--json)
bench-scale:
	@[ '$(DATABASE)' != postgres ] || .ci/needs test
	@$(SCALE) measure --size '$(SIZE)' $(KEPT)

# Shows how the cost of each answer grows with pools, members and history.
bench-growth:
	@$(SCALE) growth $(if $(FOLDER),--folder '$(FOLDER)') $(if $(JSON),--json)

build:
	$(GO) build -trimpath -o bin/ ./cmd/smartpool ./cmd/smartpoold

# Makes archives, Debian packages, checksums and the script that installs, in bin/release, from the commit at hand. By default, its tag is
# the version. The same commit and version make the same bytes on every machine: make release VERSION=v0.1.0
VERSION ?= $(shell git describe --tags --exact-match 2>/dev/null)
release:
	@echo '== release $(VERSION)'
	@$(KEYS_ENV) $(GO) run ./release '$(VERSION)'

# Makes a release twice, in two folders, installs it in a fresh Debian, upgrades and removes it. Takes root and minutes.
test-release:
	@.ci/needs release
	@echo '== tests of a release'
	$(GO) vet -tags release ./release
	$(KEYS_ENV) $(GO) test -tags release -count 1 -timeout 60m ./release

clean:
	rm -rf bin
	$(MAKE) -C integration/pasteld clean
