# Aliases for the commands in README.md. Nothing here is the only way to do a thing.
.DEFAULT_GOAL := help
.PHONY: help run demo test long lint format types lock check

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run:  ## start the application (HOST, PORT, COMPANION_*: docs/operating.md)
	python3 -m companion.dev run

demo:  ## start it with a sample circle that is thrown away at the end
	python3 -m companion.dev run --demo

test:  ## every test; give pytest's arguments as ARGS="-k grip"
	python3 -m companion.dev test $(ARGS)

long:  ## every test, and the long ones
	python3 -m companion.dev test --long $(ARGS)

lint:  ## look for mistakes in the source
	.venv/bin/python -m ruff check .

format:  ## lay the source out in one way
	.venv/bin/python -m ruff format .

types:  ## check the types
	.venv/bin/python -m mypy

lock:  ## pin the requirements anew (delete a .txt first to take newer versions)
	set -e; for name in requirements requirements-dev requirements-uv; do \
	  .venv/bin/uv pip compile --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-header --quiet $$name.in --output-file $$name.txt; \
	done

check:  ## what .ci/run does: tests, lint, types, long tests
	.ci/run
