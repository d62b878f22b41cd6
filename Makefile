# isolab: `make` alone lists the targets.

GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
export CGO_ENABLED = 0
export GOFLAGS = -trimpath
BUILD    = $(GO) build -ldflags "-s -w -X main.version=$(VERSION)"

# Each run of the library leaves its log in LOGS; `make matrix` makes a table of them.
LOGS = bin/logs
log  = --report json=$(LOGS)/$(1).jsonl

.DEFAULT_GOAL := help
.PHONY: help build demo test test-embedded test-rootless test-vm test-vm-docker tools test-docker-current test-sandbox \
	matrix handouts check bench generate fuzz cross clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-20s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build the static binary bin/isolab
	@mkdir -p $(LOGS)
	$(BUILD) -o bin/isolab ./cmd/isolab

demo: build ## build, then run every built-in scenario on this machine
	./bin/isolab doctor
	./bin/isolab run --all $(call log,this-machine)

test: build ## run every test, with the race detector where there is a C compiler
	@if command -v gcc >/dev/null || command -v clang >/dev/null; then \
		export CGO_ENABLED=1; race=-race; \
	else \
		echo "no C compiler: testing without the race detector"; race=; \
	fi; \
	$(GO) test $$race -run '^$$' ./... >/dev/null 2>&1; : compiles on every CPU; \
	$(GO) test $$race -p 4 -parallel 4 -timeout 20m ./... # on few CPUs, too: most tests wait for containers

test-embedded: build ## run the library as on a machine without Docker
	DOCKER_HOST=unix:///nonexistent.sock ./bin/isolab run --all $(call log,embedded-v1)

test-rootless: build ## run the library as an ordinary user (as root: as nobody)
	dir=$$(mktemp -d); trap 'rm -rf "$$dir"' EXIT; chmod 777 "$$dir"; cp bin/isolab "$$dir"; \
	[ "$$(id -u)" != 0 ] || user="setpriv --reuid=65534 --regid=65534 --clear-groups"; \
	(cd "$$dir" && HOME=$$dir DOCKER_HOST=unix:///nonexistent.sock $$user ./isolab --state "$$dir/state" run --all --report json=log) && \
	cp "$$dir/log" $(LOGS)/rootless.jsonl

# What the virtual machine runs on Docker, the demonstrations first. It emulates every
# instruction, so a container takes a second to start, and more on a busy machine.
LIBRARY = $$(./bin/isolab list --tag demonstration | cut -d' ' -f1) --all
BUDGET  = 12m

VMTEST = $(GO) run ./cmd/vmtest -kernel bin/kernel -tools cat,mkfs.ext4

test-vm: build bin/kernel ## run the library on a machine with cgroup v2 only, in qemu
	$(GO) test -c -o bin/embedded.test ./actions/runtime/embedded
	$(VMTEST) -files bin/isolab=bin/isolab,bin/embedded.test=bin/embedded.test -out embedded-v2.jsonl=$(LOGS)/embedded-v2.jsonl \
		isolab run --all --budget $(BUDGET) --report json=/var/lib/isolab/embedded-v2.jsonl -- embedded.test -test.short -test.run 'TestConformance|TestRootless'

test-vm-docker: VMTEST += -tools cat,mkfs.ext4,ps,docker-init
test-vm-docker: build tools bin/kernel bin/labdaemon ## the same with a current Docker in that machine
	$(VMTEST) -memory 4096 -files bin/isolab=bin/isolab,bin/labdaemon=bin/labdaemon,$(subst $(space),$(comma),$(foreach t,$(DOCKER),$(TOOLS)/$(t)=bin/$(t))) \
		-out docker-v2.jsonl=$(LOGS)/docker-v2.jsonl \
		labdaemon -dir /var/lib/isolab -bin /bin isolab run $(LIBRARY) --budget $(BUDGET) --runtime docker --report json=/var/lib/isolab/docker-v2.jsonl

bin/kernel: # Debian's cloud kernel, unpacked and not installed
	mkdir -p $@.new
	cd $@.new && apt-get download -qq "$$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image/ {print $$2}')" && dpkg -x linux-image-*.deb . && rm linux-image-*.deb
	mv $@.new $@

# Tools that the two targets below need, from the Go module proxy. gVisor's branch
# "go" is the one that builds with go install; its tip is not always served.
TOOLS  = bin/tools
GVISOR = v0.0.0-20260701204157-69c2d17aea96
INSTALL = GOBIN=$(CURDIR)/$(TOOLS) $(GO) install
DOCKER = dockerd containerd containerd-shim-runc-v2 runc
comma := ,
empty :=
space := $(empty) $(empty)

tools: $(addprefix $(TOOLS)/,runsc $(DOCKER)) ## build gVisor's runsc and a current Docker into bin/tools

$(TOOLS)/runsc:
	$(INSTALL) gvisor.dev/gvisor/runsc@$(GVISOR)

$(TOOLS)/dockerd:
	$(INSTALL) github.com/moby/moby/v2/cmd/dockerd@v2.0.0-beta.24

$(TOOLS)/containerd $(TOOLS)/containerd-shim-runc-v2:
	$(INSTALL) github.com/containerd/containerd/v2/cmd/$(@F)@v2.2.1

$(TOOLS)/runc: # static; needs a C compiler, pkg-config and libseccomp-dev
	CGO_ENABLED=1 $(INSTALL) -tags seccomp,netgo,osusergo -ldflags '-extldflags "-static"' github.com/opencontainers/runc@v1.5.1

bin/labdaemon: $(wildcard cmd/labdaemon/*.go)
	$(GO) build -o $@ ./cmd/labdaemon

test-docker-current: build tools bin/labdaemon ## test against a current Docker daemon of our own, with gVisor, as root
	ISOLAB_REQUIRE=docker bin/labdaemon -bin $(TOOLS) -- $(GO) test -count=1 -run TestConformance ./actions/runtime/docker
	bin/labdaemon -bin $(TOOLS) $(SANDBOX) -- bin/isolab run --all --runtime docker $(call log,docker-current+sandbox)

SANDBOX = -runtime runsc=$(TOOLS)/runsc

test-sandbox: build $(TOOLS)/runsc bin/labdaemon ## run the isolation scenarios on this machine's Docker with gVisor, as root
	bin/labdaemon $(SANDBOX) -- bin/isolab run --runtime docker $(call log,docker+sandbox) \
		isolation-memory isolation-processes isolation-app isolation-mismatch

matrix: ## print which scenario passed on which machine, from the logs of the runs above
	$(GO) run ./cmd/matrix $(foreach l,$(wildcard $(LOGS)/*.jsonl),$(basename $(notdir $(l)))=$(l))

handouts: build ## write the scenarios' README.md anew, with what the logs have measured
	./bin/isolab handout --write $(addprefix --recorded ,$(wildcard $(foreach l,this-machine docker+sandbox embedded-v1 embedded-v2,$(LOGS)/$(l).jsonl))) scenarios

check: ## formatting, vet, import rules, generated files, go.mod
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$unformatted" ] || { echo "not gofmt'd:"; echo "$$unformatted"; exit 1; }
	$(GO) vet ./...
	GOOS=windows $(GO) vet ./...
	GOOS=darwin $(GO) vet ./...
	@if command -v golangci-lint >/dev/null; then golangci-lint run; fi
	$(GO) test -run 'TestImports|TestGenerated' ./cmd/isolab
	$(GO) mod tidy -diff

cross: ## build for every system that is supported
	GOOS=linux GOARCH=amd64 $(BUILD) -o /dev/null ./cmd/isolab
	GOOS=linux GOARCH=arm64 $(BUILD) -o /dev/null ./cmd/isolab
	GOOS=windows GOARCH=amd64 $(BUILD) -o /dev/null ./cmd/isolab
	GOOS=darwin GOARCH=arm64 $(BUILD) -o /dev/null ./cmd/isolab

bench: build ## Go benchmarks, then whole-process figures as ratios
	$(GO) test -run '^$$' -bench . -benchtime 200ms ./schema ./engine/... ./actions/...
	$(GO) run ./cmd/bench -isolab bin/isolab

generate: ## write the generated files anew
	$(GO) test -run 'TestGenerated' ./cmd/isolab -update

fuzz: ## fuzz the parsers for a short while each
	$(GO) test -run '^$$' -fuzz FuzzRead -fuzztime 30s ./schema
	$(GO) test -run '^$$' -fuzz FuzzCompile -fuzztime 30s ./engine/expr

clean: ## remove what was built
	rm -rf bin
