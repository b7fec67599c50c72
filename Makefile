# make test runs the tests, make check everything that a change has to pass. The other targets are its parts, or longer runs of them.

GO            ?= go
GOLANGCI_LINT ?= v2.15.0
FUZZTIME      ?= 3s
BENCHTIME     ?= 1s
# How long random histories are played.
SOAK          ?= 10m
# A regular expression that selects fuzz targets, or benchmarks.
FUZZ          ?= .
BENCH         ?= .
PKG           ?= ./...

# The linter comes through Go's module proxy, apart from go.mod: its dependencies are none of ours.
LINT = $(GO) run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT)

# So does the generator of store/db.
SQLC_VERSION ?= v1.31.1
SQLC = cd store && $(GO) run github.com/sqlc-dev/sqlc/cmd/sqlc@$(SQLC_VERSION)

.PHONY: all test check format tidy vet lint generated race test-pasteld fuzz soak bench bench-once build generate clean

all: test build

# Brings what the tests need: PostgreSQL and a browser.
test:
	@.ci/needs test
	@echo '== go test'
	$(GO) test -timeout 30m $(PKG)

check:
	@.ci/needs check
	@$(MAKE) format tidy vet lint generated race test-pasteld fuzz bench-once

# Fails on files that gofmt would change.
format:
	@echo '== gofmt'
	@files=$$(gofmt -l .) && if [ -n "$$files" ]; then echo "run gofmt -w on:"; echo "$$files"; exit 1; fi

# Fails when go.mod or go.sum is not what the code needs.
tidy:
	@echo '== go mod tidy'
	@$(GO) mod tidy -diff

vet:
	@echo '== go vet'
	$(GO) vet $(PKG)

lint:
	@echo '== golangci-lint $(GOLANGCI_LINT)'
	$(LINT) run $(PKG)

# What is generated, what from, and with which tools.
GENERATED = store/sqlc.yaml store/queries/*.sql store/migrations/postgres/*.sql store/db/*.go
# Names sort alike everywhere.
export LC_ALL = C
SUMS = echo 'sqlc $(SQLC_VERSION)'; sha256sum $(GENERATED)

# Fails when store/db is not what sqlc makes of store/queries. Building the generator takes minutes, and nothing that make generate left can
# differ.
generated:
	@echo '== generated code'
	@{ $(SUMS); } | cmp - generated.sum || { echo 'run make generate'; exit 1; }

generate:
	$(SQLC) generate
	$(GO) test ./api -run 'TestOpenAPIDocument|TestDocument' -update
	{ $(SUMS); } > generated.sum

# The race detector watches our code, and the libraries that have goroutines. Those that only compute, SQLite's translation from C before
# all, would take most of the time and are left out; checkptr has nothing to find in addresses outside Go's heap.
COMPUTING = modernc.org/sqlite/lib modernc.org/libc modernc.org/memory golang.org/x/crypto/scrypt golang.org/x/crypto/argon2 \
	golang.org/x/crypto/blake2b github.com/decred/dcrd/dcrec/secp256k1/v4 github.com/cloudflare/circl/...
RACE = -race $(foreach p,$(COMPUTING),-gcflags='$(p)=-race=false -d=checkptr=0')

# Tests fail by what they find. The deadline only ends what hangs.
race:
	@echo '== go test -race'
	CGO_ENABLED=1 $(GO) test $(RACE) -timeout 30m $(PKG)

# A node's end of the node interface, in C++, against a real smartpoold; its parser fuzzed for FUZZTIME.
test-pasteld:
	@echo '== integration/pasteld'
	$(GO) build -o integration/pasteld/build/ ./cmd/smartpoold
	$(MAKE) -C integration/pasteld test fuzz FUZZTIME='$(FUZZTIME)'

# Runs every fuzz target for FUZZTIME each: make fuzz FUZZTIME=10m FUZZ=FuzzParse
fuzz:
	@echo '== fuzzing, $(FUZZTIME) each'
	@.ci/fuzz '$(FUZZTIME)' '$(FUZZ)'

# Plays random histories of many pools, with reorganizations and restarts, against a slow model of the rules: make soak SOAK=1h
soak:
	@echo '== soak, $(SOAK)'
	SOAK=$(SOAK) $(GO) test -count 1 -timeout 0 -v -run '^TestSoak$$' ./pool

bench:
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchtime '$(BENCHTIME)' -benchmem $(PKG)

# Benchmarks compile and run, whatever their figures.
bench-once:
	@echo '== benchmarks, once'
	$(GO) test -run '^$$' -bench . -benchtime 1x $(PKG)

build:
	$(GO) build -trimpath -o bin/ ./cmd/smartpool ./cmd/smartpoold

clean:
	rm -rf bin
	$(MAKE) -C integration/pasteld clean
