# Shortcuts. Everything here is a command that works by itself.
GO       ?= go
PKG      ?= ./...
FUZZTIME ?= 30s
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
# The last version whose modules the Go module proxy has all of.
NFPM        = github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.45.2
CYCLONEDX   = github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0

.PHONY: build test race fuzz bench check golden lint dist binaries archives deb rpm sbom checksums image

build: ## the binary, ./tocsin
	CGO_ENABLED=0 $(GO) build -trimpath -o tocsin ./cmd/tocsin

test:
	$(GO) test ./...

race:
	$(GO) test -race $(PKG)

fuzz: ## every fuzz target, FUZZTIME each
	FUZZTIME=$(FUZZTIME) .ci/fuzz

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

# What a release is made of. The same source and Go give the same bytes, wherever
# they are built. A tag v1.2.3 is the version; behind it, v1.2.3+4.gabcdef0.
PLATFORMS = linux-amd64 linux-arm64 darwin-amd64 darwin-arm64
PACKAGES  = $(filter linux-%,$(PLATFORMS))
VERSION  ?= $(shell git describe --tags --match 'v*' --dirty=.dirty 2>/dev/null | sed -E 's/-([0-9]+)-g/+\1.g/' | grep . || echo v0.0.0+$$(git rev-list --count HEAD).g$$(git describe --always --exclude '*' --dirty=.dirty))
REVISION ?= $(shell git rev-parse HEAD)
PACKAGER ?= Tocsin <packages@tocsin.invalid>
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct)
export SOURCE_DATE_EPOCH

SOURCES = $(shell git ls-files -co --exclude-standard -- '*.go' go.mod go.sum cmd enrich ingest internal sink 2>/dev/null || find cmd enrich ingest internal sink go.mod go.sum -type f)
goos    = $(word 1,$(subst -, ,$(1)))
goarch  = $(word 2,$(subst -, ,$(1)))
number  = $(patsubst v%,%,$(VERSION))
HOST    = $(shell $(GO) env GOHOSTOS)-$(shell $(GO) env GOHOSTARCH)
LDFLAGS = -s -w -X main.version=$(VERSION) -X main.revision=$(REVISION)
release = dist/tocsin-$(number)-$(1)

dist: archives deb rpm sbom ## all of a release, in ./dist
	$(MAKE) checksums

# Says what the binaries in dist are of, and is new only where that has changed.
dist/built: FORCE
	@mkdir -p dist && echo '$(VERSION) $(REVISION)' | cmp -s - $@ || echo '$(VERSION) $(REVISION)' >$@

binaries: $(PLATFORMS:%=dist/%/tocsin)

dist/%/tocsin: $(SOURCES) dist/built
	CGO_ENABLED=0 GOFLAGS= GOOS=$(call goos,$*) GOARCH=$(call goarch,$*) $(GO) build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)' -o $@ ./cmd/tocsin

share: dist/$(HOST)/tocsin ## manual, completions, configuration, licences
	deploy/package/share $< dist/share '$(number)' '$(PACKAGER)'

archives: $(PLATFORMS:%=archive-%)
archive-%: dist/%/tocsin share
	rm -rf dist/$*/root && mkdir -p dist/$*/root/tocsin-$(number)
	cp $< dist/share/tocsin.1 dist/share/tocsin.bash dist/share/tocsin.zsh dist/share/tocsin.fish dist/share/third-party.txt dist/share/tocsin@.service LICENSE NOTICE CHANGELOG.md deploy/tocsin.yaml deploy/feeds.opml deploy/package/tocsin.service deploy/package/tocsin.sysusers dist/$*/root/tocsin-$(number)
	tar -C dist/$*/root --sort=name --owner=0 --group=0 --numeric-owner --mode=u+rwX,go+rX,go-w --mtime=@$(SOURCE_DATE_EPOCH) -cf - tocsin-$(number) | gzip -n >$(call release,$*).tar.gz

deb: $(PACKAGES:%=deb-%)
rpm: $(PACKAGES:%=rpm-%)
# v1.2.3-rc1 comes before v1.2.3.
package = VERSION='$(subst -,~,$(number))' ARCH=$(call goarch,$(1)) BINARY=dist/$(1)/tocsin PACKAGER='$(PACKAGER)' $(GO) run $(NFPM) package -f deploy/package/nfpm.yaml
deb-%: dist/%/tocsin share
	$(call package,$*) -p deb -t $(call release,$*).deb
rpm-%: dist/%/tocsin share
	$(call package,$*) -p rpm -t $(call release,$*).rpm

sbom: $(PLATFORMS:%=sbom-%) ## what each binary is made of, as CycloneDX
sbom-%: dist/%/tocsin
	$(GO) run $(CYCLONEDX) bin -json -licenses -std -noserial -notimestamp -version '$(VERSION)' -output $(call release,$*).cdx.json $<

checksums:
	cd dist && sha256sum tocsin-$(number)-* >SHA256SUMS

IMAGE   ?= tocsin:$(subst +,-,$(VERSION))
BASE    ?= gcr.io/distroless/static-debian12:nonroot
BUILDER ?= $(firstword $(foreach b,podman buildah docker,$(if $(shell command -v $(b)),$(b))))
image: ## a container image, with podman, buildah or docker
	$(BUILDER) build -f deploy/package/Containerfile --build-arg BASE=$(BASE) --build-arg VERSION='$(VERSION)' --build-arg REVISION=$(REVISION) $(IMAGEFLAGS) -t $(IMAGE) .

FORCE:
