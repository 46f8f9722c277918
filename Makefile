# Everything that is done with this repository. ARGS is passed on: make run ARGS=--once
.DEFAULT_GOAL := help
.PHONY: help build run test test-examples check bench benchdoc crash faults power generate release

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## build bin/taskhook
	@echo 'Building bin/taskhook; the first time this takes one to two minutes.'
	@CGO_ENABLED=0 go build -buildvcs=auto -o bin/taskhook ./cmd/taskhook

run: build ## build and run the demonstration
	./bin/taskhook demo $(ARGS)

test: ## prove everything that this machine can prove (STRICT=1: all of it)
	@./scripts/test.sh all

check: ## the part of test that runs no tests: format, vet, staticcheck, modules, builds
	@./scripts/test.sh check

bench: build ## measure the server on SQLite and PostgreSQL on this machine (ARGS=--full: at the size of the targets)
	./bin/taskhook bench all --database sqlite,postgres $(ARGS)

benchdoc: build ## the same, and write it into docs/performance.md with its plots
	./bin/taskhook bench all --database sqlite,postgres --results docs/plots/results.jsonl $(ARGS)
	go -C tools/benchdoc run . ../../docs/plots/results.jsonl ../../docs/performance.md ../../docs/plots

crash: ## kill the server again and again and count what was lost (ROUNDS=300)
	go test -count=1 -timeout 0 -run Kills -v ./internal/crash -args -rounds=$(or $(ROUNDS),300)

faults: ## let everything but kills go wrong, too, each on its own: ROUNDS=10 of each, KILLS=340, VOLUME=30000 deliveries each
	STRICT=1 go test -count=1 -timeout 0 -run FaultsOn -v ./internal/crash -args -apart -faults=$(or $(ROUNDS),10) -kills=$(or $(KILLS),340) -volume=$(or $(VOLUME),30000) -lasting=4s -least=16s

power: ## cut the power of the server's disk again and again likewise (CUTS=200); needs FUSE
	STRICT=1 go test -count=1 -timeout 0 -run PowerCuts -v ./internal/crash -args -cuts=$(or $(CUTS),200)

test-examples: ## try the examples with the programs of others, which it installs
	@./scripts/test-examples.sh

generate: ## write the generated files anew
	go generate ./...

release: ## build the archives of a release into dist/
	@./scripts/release.sh
