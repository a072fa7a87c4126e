# What one can do here. `make demo` shows it, `make test` proves it.
GOFLAGS_TAGS := -tags goolm
VERSION      := $(shell git describe --tags --always --dirty 2>/dev/null || echo development)
STATICCHECK  := honnef.co/go/tools/cmd/staticcheck@v0.8.2

export CGO_ENABLED := 1

.PHONY: build
build: ## build ./passerelle
	go build $(GOFLAGS_TAGS) -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o passerelle ./cmd/passerelle

.PHONY: demo
demo: ## from nothing to a conversation across the border, with a homeserver and a simulated WhatsApp
	go run $(GOFLAGS_TAGS) ./cmd/demo

.PHONY: test
test: prerequisites ## every test, on a real homeserver and on SQLite and PostgreSQL
	go test $(GOFLAGS_TAGS) -race -shuffle=on -timeout 15m ./...

.PHONY: prerequisites
prerequisites:
	@command -v gcc >/dev/null || { echo 'gcc is missing: apt-get install gcc' >&2; exit 1; }
	@ls "$$(pg_config --bindir 2>/dev/null)"/initdb /usr/lib/postgresql/*/bin/initdb "$$(command -v initdb)" >/dev/null 2>&1; \
	  [ -n "$$(ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null; command -v initdb)" ] \
	  || { echo 'the PostgreSQL server is missing: apt-get install postgresql' >&2; exit 1; }

.PHONY: lint
lint: ## gofmt, vet, staticcheck, the rules of the house
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$unformatted" ] || { echo "gofmt: $$unformatted" >&2; exit 1; }
	go vet $(GOFLAGS_TAGS) ./...
	go run $(STATICCHECK) $(GOFLAGS_TAGS) ./...
	go test $(GOFLAGS_TAGS) -count=1 .

.PHONY: fuzz
fuzz: ## each fuzz target for FUZZTIME (default 20s)
	@for package in $$(go list $(GOFLAGS_TAGS) ./...); do \
	  for target in $$(go test $(GOFLAGS_TAGS) -list '^Fuzz' $$package | grep '^Fuzz'); do \
	    go test $(GOFLAGS_TAGS) -run '^$$' -fuzz "^$$target$$" -fuzztime $${FUZZTIME:-20s} $$package || exit 1; \
	  done; \
	done

.PHONY: help
help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'
