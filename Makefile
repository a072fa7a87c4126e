# What one can do here. `make demo` shows it, `make test` proves it.
TAGS := -tags goolm
VERSION      := $(shell git describe --tags --always --dirty 2>/dev/null || echo development)
AXE          := portal/console/testdata/axe
STATICCHECK  := honnef.co/go/tools/cmd/staticcheck@v0.8.2

export CGO_ENABLED := 1

.PHONY: build
build: ## build ./passerelle
	go build $(TAGS) -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o passerelle ./cmd/passerelle

.PHONY: demo
demo: ## from nothing to a conversation across the border, with a homeserver and a simulated WhatsApp
	go run $(TAGS) ./cmd/demo

.PHONY: test
test: prerequisites ## every test, on a real homeserver and on SQLite and PostgreSQL
	@$(MAKE) --no-print-directory -j3 --output-sync=target test-packages test-rows test-program

# Tests write much and forget it soon. That is no work for a disk where memory has room, 8 GB of it, and programs may run from there.
MEMORY := $(shell [ "$$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $$4 }')" -gt 8000000 ] 2>/dev/null \
  && ! grep -q ' /dev/shm .*noexec' /proc/mounts && echo /dev/shm)
test-packages test-rows test-program: export TMPDIR := $(or $(MEMORY),$(TMPDIR),/tmp)

# The tests of the program wait more than they compute, so they run in two halves, beside all others.
TEST := go test $(TAGS) -race -shuffle=on -timeout 35m
ROWS := Rows|Telegram|Killed

.PHONY: test-packages test-rows test-program
test-packages: ; $(TEST) -p 1 $$(go list $(TAGS) ./... | grep -v '/cmd/passerelle$$')
test-rows:     ; $(TEST) -run '$(ROWS)' ./cmd/passerelle
test-program:  ; $(TEST) -skip '$(ROWS)' ./cmd/passerelle

.PHONY: prerequisites
prerequisites:
	@command -v gcc >/dev/null || { echo 'gcc is missing: apt-get install gcc' >&2; exit 1; }
	@command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 \
	  || { echo 'the PostgreSQL server is missing: apt-get install postgresql' >&2; exit 1; }
	@command -v chromium >/dev/null || { echo 'Chromium is missing: apt-get install chromium' >&2; exit 1; }
	@command -v npm >/dev/null || { echo 'npm is missing: apt-get install npm' >&2; exit 1; }
	@cmp -s $(AXE)/package-lock.json $(AXE)/node_modules/.installed || { npm ci --silent --no-audit --no-fund --prefix $(AXE) \
	  && cp $(AXE)/package-lock.json $(AXE)/node_modules/.installed; }
	@command -v clamd >/dev/null || [ -x /usr/sbin/clamd ] \
	  || { echo 'ClamAV is missing: apt-get install --no-install-recommends clamav-daemon' >&2; exit 1; }
	@command -v c-icap >/dev/null && ls /usr/lib/*/c_icap/clamd_mod.so >/dev/null 2>&1 \
	  || { echo 'c-icap is missing: apt-get install --no-install-recommends c-icap libc-icap-mod-virus-scan' >&2; exit 1; }

.PHONY: pictures
pictures: prerequisites ## a picture of each of the administrators' pages, in ./pictures
	mkdir -p pictures
	CONSOLE_PICTURES=$(CURDIR)/pictures go test $(TAGS) -count=1 -timeout 15m -run TestEveryPageIsAccessible ./portal/console

.PHONY: soak
soak: ## kills the bridge KILLS times (default 1000) at random instants under traffic both ways
	go test $(TAGS) -count=1 -timeout 3h -run TestKilled -v ./cmd/passerelle -kills $${KILLS:-1000}

.PHONY: bench
bench: ## the figures of docs/performance.md, each beside its aim; about a quarter of an hour, on a quiet machine
	go run $(TAGS) ./cmd/bench

.PHONY: lint
lint: ## gofmt, vet, staticcheck, the rules of the house
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$unformatted" ] || { echo "gofmt: $$unformatted" >&2; exit 1; }
	go vet $(TAGS) ./...
	go run $(STATICCHECK) $(TAGS) ./...
	go test $(TAGS) -count=1 .

.PHONY: fuzz
fuzz: ## each fuzz target for FUZZTIME (default 20s)
	@for package in $$(go list $(TAGS) ./...); do \
	  for target in $$(go test $(TAGS) -list '^Fuzz' $$package | grep '^Fuzz'); do \
	    go test $(TAGS) -run '^$$' -fuzz "^$$target$$" -fuzztime $${FUZZTIME:-20s} $$package || exit 1; \
	  done; \
	done

.PHONY: help
help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'
