# Spurline. `make` lists the targets.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --warn-undefined-variables --no-builtin-rules
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# Tools are pinned in a module of their own and built here. Nothing is installed.
TOOLS := .tmp/bin
TOOL_SOURCES := .ci/tools/go.mod .ci/tools/go.sum
GOTOOL = go -C .ci/tools build -o $(CURDIR)/$@

# How many inputs each fuzz test gets in fuzz-short, and what grpcurl is called with:
# nothing only builds it.
FUZZINPUTS ?= 10000
ARGS ?=
CI ?=

# The race detector needs cgo, so a C compiler. The tests pass without it, but CI
# has it.
RACE := $(shell [ "$$(go env CGO_ENABLED)" = 1 ] && command -v "$$(go env CC)" >/dev/null && echo -race)

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build the static binaries into bin/
	CGO_ENABLED=0 go build -trimpath -o bin/ ./server/cmd/spurline \
		./plugins/aftership/cmd/spurline-plugin-aftership \
		./plugins/aftership/aftershiptest/cmd/aftershiptest \
		./plugins/webhook/cmd/spurline-plugin-webhook \
		./plugins/zoho/cmd/spurline-plugin-zoho \
		./plugins/zoho/zohotest/cmd/zohotest

.PHONY: run
run: build ## Build everything and watch an order arrive at stand-ins for AfterShip and Zoho
	bin/spurline demo

.PHONY: grpcurl
grpcurl: $(TOOLS)/grpcurl ## Build grpcurl, or call the API: make grpcurl ARGS='-plaintext 127.0.0.1:7465 list'
ifeq ($(strip $(ARGS)),)
	@echo "grpcurl is $(TOOLS)/grpcurl; for your shell to find it: export PATH=\"$(CURDIR)/$(TOOLS):\$$PATH\""
	@echo "then: grpcurl -plaintext 127.0.0.1:7465 list; README.md has a cookbook"
else
	@$(TOOLS)/grpcurl $(ARGS)
endif

.PHONY: test
test: $(TOOLS)/grpcurl ## Run all tests, with the race detector if there is a C compiler
ifeq ($(RACE),)
	@echo "NOTICE: no C compiler, so the tests run without the race detector; install gcc to have it"
	$(if $(CI),@echo "CI needs the race detector" && exit 1)
endif
ifeq ($(CI),)
	go test $(RACE) -shuffle=on ./...
else
	go test $(RACE) -shuffle=on -v ./... 2>&1 | awk -f .ci/noskip.awk
endif

# What crash does: make crash CRASHFLAGS='-crash.seed=7'
CRASHFLAGS ?=

.PHONY: crash
crash: ## Kill server and plugin over 200 times each under 30,000 messages, then with Zoho: fifty minutes
	go test $(RACE) -v -count=1 -timeout 90m -run '^Test(Zoho)?Crashes$$' ./server/app -crash.messages=30000 \
		-crash.kills=230 -crash.merchants=256 -crash.troubles=24 -crash.patient -crash.backlog=3000 $(CRASHFLAGS)

.PHONY: node
node: ## Install what the clients in Node need, so that their tests are not skipped
	git ls-files '*package-lock.json' | while read -r lock; do \
		npm ci --prefix "$$(dirname "$$lock")" --ignore-scripts --no-audit --no-fund </dev/null; done

.PHONY: fuzz-short
fuzz-short: ## Run every fuzz test for FUZZINPUTS inputs
	.ci/fuzz $(FUZZINPUTS)

# What bench measures and how: make bench CASES='saturation-*' BENCHFLAGS='-rounds 3'
CASES ?=
BENCHFLAGS ?=

.PHONY: bench
bench: bench-build ## Measure the whole pipe, or the CASES of it
	.tmp/bench/spurline-bench -json .tmp/bench/report.json $(BENCHFLAGS) $(CASES)

.PHONY: bench-build
bench-build:
	CGO_ENABLED=0 go build -trimpath -o .tmp/bench/ ./server/cmd/spurline ./server/bench/cmd/... ./server/bench/plugin/cmd/...

.PHONY: bench-parts
bench-parts: ## Run the benchmarks of single parts
	go test -run '^$$' -bench . -benchmem ./...

.PHONY: lint
lint: $(TOOLS)/golangci-lint $(TOOLS)/deadcode $(TOOLS)/govulncheck ## Check style, dead code, modules, known vulnerabilities
	$(TOOLS)/golangci-lint run
	$(TOOLS)/golangci-lint fmt --diff
	.ci/deadcode $(TOOLS)/deadcode
	go mod tidy -diff
	go -C .ci/tools mod tidy -diff
	.ci/vulncheck $(TOOLS)/govulncheck

.PHONY: promises
promises: ## Check that a test cites each promise of docs/promises.md
	.ci/promises

.PHONY: proto
proto: proto-deps proto-tools ## Generate the Go code and the reference of the proto files
	$(TOOLS)/buf format proto -w
	$(TOOLS)/buf generate
	go run ./server/schema/contractdoc docs/plugin-contract.md

.PHONY: proto-check
proto-check: proto-deps proto-tools ## Lint protos, find breaking changes and stale code
	$(TOOLS)/buf lint
	$(TOOLS)/buf format proto -d --exit-code
	.ci/proto-breaking $(TOOLS)/buf
	.ci/proto-fresh $(TOOLS)/buf

.PHONY: proto-deps
proto-deps:
	go run ./server/schema/protodeps .tmp/proto-deps

.PHONY: proto-tools
proto-tools: $(TOOLS)/buf $(TOOLS)/protoc-gen-go $(TOOLS)/protoc-gen-go-grpc

.PHONY: tools
tools: proto-tools $(TOOLS)/golangci-lint $(TOOLS)/deadcode $(TOOLS)/govulncheck $(TOOLS)/grpcurl ## Build the tools

# The generator is of the same version as the runtime its code is compiled with.
$(TOOLS)/protoc-gen-go: go.mod go.sum
	go build -o $@ google.golang.org/protobuf/cmd/protoc-gen-go

$(TOOLS)/buf: $(TOOL_SOURCES)
	$(GOTOOL) github.com/bufbuild/buf/cmd/buf

$(TOOLS)/protoc-gen-go-grpc: $(TOOL_SOURCES)
	$(GOTOOL) google.golang.org/grpc/cmd/protoc-gen-go-grpc

$(TOOLS)/golangci-lint: $(TOOL_SOURCES)
	$(GOTOOL) github.com/golangci/golangci-lint/v2/cmd/golangci-lint

$(TOOLS)/deadcode: $(TOOL_SOURCES)
	$(GOTOOL) golang.org/x/tools/cmd/deadcode

$(TOOLS)/govulncheck: $(TOOL_SOURCES)
	$(GOTOOL) golang.org/x/vuln/cmd/govulncheck

$(TOOLS)/grpcurl: $(TOOL_SOURCES)
	$(GOTOOL) github.com/fullstorydev/grpcurl/cmd/grpcurl

.PHONY: clean
clean: ## Remove what was built
	rm -rf bin .tmp
