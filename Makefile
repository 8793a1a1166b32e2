# Every command is a script of the same purpose in scripts/; this file only names them.

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: ## one code, all the way, told step by step (needs Rust and Python only)
	@scripts/demo

test: ## everything, stage by stage (STAGE=rust for one, FRESH=1 for all of them again)
	@scripts/test $(STAGE)

vectors: ## a file of sign vectors in each runtime (FILE=path)
	@scripts/vectors $(FILE)

traces: ## write the golden traces and the computed vectors anew, then check them in plain Python
	@cargo run --quiet --package xtask -- traces
	@cargo run --quiet --package xtask -- vectors
	@scripts/stages/traces

soak: ## the long forms of the tests; resumes, and leaves lines in docs/evidence.tsv (NAME=lua COUNT=1000000)
	@scripts/soak $(NAME) $(COUNT)

bench: ## every number in docs/benchmarks.md, from one run (DATE=2026-01-31)
	@scripts/bench $(DATE)

doctor: ## what this machine has, what is wanted, and what mends it
	@scripts/doctor

fmt: ## format everything
	@scripts/fmt

lint: ## formats, lints and types, without the tests
	@scripts/lint

dist: ## what is shipped: the wheel and the npm tarball
	@scripts/dist

clean: ## remove what was built (caches outside the clone stay)
	@cargo clean --quiet
	@rm -rf build bindings-node/dist

.PHONY: help demo test vectors traces soak bench doctor fmt lint dist clean
