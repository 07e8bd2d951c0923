# The front door. "make help" lists what there is; the longer recipes are the
# scripts in scripts/, which also run by themselves.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

# Where the demonstration listens.
ADDR ?= 127.0.0.1:8080

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
BUILD    = CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)'
TEST     = scripts/with-postgres.sh go test -timeout 20m

# The version is given above; stamping it from git as well fails in a checkout
# that belongs to another user.
export GOFLAGS := $(strip $(GOFLAGS) -buildvcs=false)

##@ Use

.PHONY: demo
demo: ## start the platform with demonstration data at ADDR (127.0.0.1:8080)
	@scripts/setup.sh build
	@scripts/setup.sh fonts || echo 'make demo: without these fonts, documents come as Word files only' >&2
	@$(MAKE) build
	@exec bin/shangliang demo --data ./data/demo --addr '$(ADDR)'

.PHONY: demo-reset
demo-reset: ## the same, from the beginning: delete the demonstration data first
	@rm -rf ./data/demo
	@$(MAKE) demo

.PHONY: build
build: assets ## one static program: bin/shangliang
	@$(BUILD) -o bin/shangliang ./cmd/shangliang

PLATFORMS := amd64 arm64 loong64

.PHONY: build-all
build-all: assets ## the program for Linux on amd64, arm64 and loong64
	@for arch in $(PLATFORMS); do \
		GOOS=linux GOARCH=$$arch $(BUILD) -o bin/shangliang-linux-$$arch ./cmd/shangliang; \
		ls -sh bin/shangliang-linux-$$arch; \
	done

##@ Develop

.PHONY: test
test: ## all tests: SQLite, PostgreSQL, a real browser; installs what they need
	@scripts/setup.sh test
	@$(MAKE) assets
	@if [ -d web/test ]; then cd web && npm test; fi
	@$(TEST) ./...
	@echo 'make test: all passed (SQLite, PostgreSQL, Chromium)'

.PHONY: check
check: ## what a change must pass: format, vet, staticcheck, race, vulnerabilities
	@scripts/setup.sh check
	@$(MAKE) assets
	@scripts/check.sh

.PHONY: bench
bench: assets ## measure the budgets on both databases and print the table (BENCH= arguments)
	@scripts/setup.sh test
	@env -u SHANGLIANG_TEST_POSTGRES SHANGLIANG_PG_DURABLE=1 scripts/with-postgres.sh go run ./cmd/bench $(BENCH)

.PHONY: bench-reading
bench-reading: assets ## precision, recall and speed of reading published reports
	@go test -count=1 -run 'TestSeeds|TestReports' -v ./internal/reader | grep -E '^\||SKIP|skip|not here|value and unit|only|^ok|^FAIL'
	@go test -run '^$$' -bench Read -benchmem ./internal/reader | grep -E 'Benchmark|skip'

.PHONY: cover
cover: assets ## tests with coverage: the total, and coverage.html
	@$(TEST) -coverpkg=./internal/... -coverprofile=coverage.out ./...
	@go tool cover -html=coverage.out -o coverage.html
	@go tool cover -func=coverage.out | tail -n 1

.PHONY: generate
generate: ## Go from the page templates (.templ)
	@go tool templ generate

.PHONY: fmt
fmt: ## format Go and templates
	@find . -name '*.go' -not -path './web/node_modules/*' -print0 | xargs -0 gofmt -w
	@go tool templ fmt internal >/dev/null

.PHONY: clean
clean: ## delete what was built; keeps data
	@rm -rf bin web/node_modules coverage.out coverage.html
	@find web/dist internal/han/data -mindepth 1 -not -name .keep -delete

# What the program embeds. Each line is a file that stands for what one command
# makes, so that nothing runs twice.

.PHONY: assets
assets: web/dist/app.css internal/han/data/st_chars.txt ## styles, scripts and Chinese tables that the program embeds
	@:

web/node_modules/.installed: web/package.json web/package-lock.json
	@scripts/setup.sh build
	@cd web && npm ci --no-audit --no-fund
	@touch $@

# Templates and Go count too: styles and icons that no page uses are left out.
ASSET_SOURCES := $(shell find web -type f -not -path 'web/node_modules/*' -not -path 'web/dist/*' -not -name '*.go') \
	$(shell find internal -name '*.templ' -o -name '*.go' -not -name '*_templ.go' -not -name '*_test.go')

web/dist/app.css: web/node_modules/.installed $(ASSET_SOURCES)
	@cd web && npm run --silent build
	@touch $@

internal/han/data/st_chars.txt: web/node_modules/.installed web/tools/handata.mjs
	@node web/tools/handata.mjs
	@touch $@

.PHONY: help
help: ## this list
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z][a-z-]*:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
