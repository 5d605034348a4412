# Needs Go, make and git. Every target works offline once Go has its modules; vuln asks for its database.
GO      ?= go
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
BIN     := bin/gradebook-import
# Pinned, run through go run: nothing to install.
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0

.PHONY: build run test check vuln clean sim crash bench bench-pace shards
.DEFAULT_GOAL := build

# A static program without paths of this machine in it.
build:
	@CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o $(BIN) ./cmd/gradebook-import

# Imports the sample into a sandbox. Some of its rows are wrong on purpose, so the importer ends with status 3
# (finished, some rows rejected); that is what is to be seen here, and no failure of make. Nor is 141: whoever read what
# it prints, such as head, had seen enough.
run: build
	@$(BIN) run --sandbox samples/results.csv || case $$? in 3|141) ;; *) exit 1;; esac

test:
	$(GO) test -race -timeout 9m ./...
	cd samples/kubernetes && $(GO) vet ./... && $(GO) test ./...

check:
	@unformatted=$$(gofmt -l $$(git ls-files --cached --others --exclude-standard '*.go')); \
	  if [ -n "$$unformatted" ]; then echo "gofmt -w these files:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...
	$(GO) test -run 'TestImportDirections|TestOneDoor' ./cmd/gradebook-import
	$(GO) mod tidy -diff
	cd samples/kubernetes && $(GO) run $(STATICCHECK) ./... && $(GO) mod tidy -diff

# Stories of everything that can go wrong, from seed FROM on; make test tells 500.
SEEDS ?= 10000
FROM  ?= 0
sim:
	$(GO) test ./importer -run TestSimulat -v -timeout 60m -args -sim.seeds=$(SEEDS) -sim.from=$(FROM)

# The real program, killed KILLS times over one import; make test kills it ten times.
KILLS ?= 50
SEED  ?= 1
crash:
	KILLS=$(KILLS) SEED=$(SEED) $(GO) test ./cmd/gradebook-import -run TestProcess/kills -count=1 -v -timeout 30m

# Eight shards against one limited server, beside one process: some six minutes.
shards:
	$(GO) test ./cmd/gradebook-import -run '^$$' -bench Shards -benchtime 1x

# How fast the program is, as ratios taken on this machine: some ten minutes, and 4 GB of disk for the ten million rows.
bench:
	$(GO) test ./cmd/gradebook-import -run TestSpeed -v -timeout 2h -args -speed

# The law of importer/pace against sixteen servers, three other laws and an oracle, in simulated time; then the real program
# against the sandbox over loopback, with the same limits: some fifteen minutes.
bench-pace:
	$(GO) test ./importer/pace/benchpace -run TestTable -v -timeout 30m -args -table
	$(GO) test ./cmd/gradebook-import -run '^$$' -bench Pace -benchtime 1x -timeout 30m

vuln:
	$(GO) run $(GOVULNCHECK) ./...

clean:
	rm -rf bin out gradebook-report gradebook.db gradebook.db.sandbox
