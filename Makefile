# Shortcuts. Everything here is a command that works by itself.
GO       ?= go
PKG      ?= ./...
FUZZTIME ?= 30s
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: build test race fuzz bench check golden lint

build: ## the binary, ./tocsin
	CGO_ENABLED=0 $(GO) build -trimpath -o tocsin ./cmd/tocsin

test:
	$(GO) test ./...

race:
	$(GO) test -race $(PKG)

fuzz: ## every fuzz target, FUZZTIME each
	@$(GO) list ./... | while read -r p; do \
	  for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz' || true); do \
	    $(GO) test $$p -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x || exit 1; \
	  done; \
	done

bench: build ## the whole line on this machine
	./tocsin bench

check: ## all that a change must pass
	.ci/run

golden: ## write the answers of all golden tests anew; read the diff before you commit it
	$(GO) test $$(grep -rl 'flag.Bool("update"' --include='*_test.go' . | xargs -n 1 dirname | sort -u) -update
	git diff --stat

lint:
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...
