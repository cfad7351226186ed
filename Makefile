# make check is what CI runs. make setup installs the pinned tools it needs.

export CGO_ENABLED := 0
BUF   := tools/node_modules/.bin/buf
GOSRC := $(shell git ls-files '*.go' | grep -v '\.pb\.go$$')
RACE  := ./internal/store ./internal/govern ./internal/policy ./internal/rpc ./internal/ingest ./internal/daemon

.PHONY: all build setup check lint generate test race crash seeds fuzz bench baseline

all: build

build:
	go build -o bin/ ./cmd/...

setup: bin/staticcheck $(BUF)

bin/staticcheck: tools/gen/go.mod
	cd tools/gen && go build -o ../../bin/ tool

$(BUF): tools/package-lock.json
	cd tools && npm install --no-save --no-audit --no-fund --silent

check: setup lint test race crash-short fuzz-short

lint:
	@test -z "$$(bin/gofumpt -l $(GOSRC))" || { bin/gofumpt -d $(GOSRC); exit 1; }
	go vet ./...
	bin/staticcheck ./...
	$(BUF) lint
	$(BUF) breaking --against proto/baseline.binpb
	PATH="$$PWD/bin:$$PATH" $(BUF) generate -o bin/_generated && diff -r -x '*.proto' -x baseline.binpb bin/_generated/proto proto

generate:
	PATH="$$PWD/bin:$$PATH" $(BUF) generate

# The last accepted API. Renew it on purpose, when a change of it is accepted.
baseline:
	$(BUF) build proto -o proto/baseline.binpb

test:
	go test ./...

race:
	CGO_ENABLED=1 go test -race -short $(RACE)

# The long runs. CI runs the short ones.
crash:
	GOVD_CRASHES=200 go test -count=1 -timeout 60m -run 'Crash' ./internal/daemon ./internal/store
crash-short:
	GOVD_CRASHES=25 go test -count=1 -run 'Crash' ./internal/daemon ./internal/store
seeds:
	GOVD_SEEDS=50 go test -count=1 -timeout 120m -run 'GoodHands|FaultsAreFound' ./internal/validate
fuzz:
	tools/fuzz 500000x
fuzz-short:
	tools/fuzz 10000x

bench:
	go test -run '^$$' -bench . -benchtime 1x -timeout 60m ./bench/
