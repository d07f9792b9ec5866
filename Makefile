# The two commands to know: `make demo` and `make test`. Each makes what it needs first.

VENV  := .venv/bin
TOOLS := .venv-tools/bin
CODE  := streams processors inference infra

# The first Python 3.11 or 3.12 that can make environments and has a shared libpython, which Triton's model
# processes need; any 3.11 or 3.12 if there is none such, so that the set-up can say what is wrong with it.
FITS   := import sys, sysconfig as s, venv, ensurepip; from os.path import join, exists; \
          sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12) or \
          len(sys.argv) > 1 and not exists(join(s.get_config_var("LIBDIR"), s.get_config_var("INSTSONAME"))))
PYTHON := $(shell for need in shared ""; do for python in python3.12 python3.11 python3 /usr/bin/python3; do \
          "$$python" -c '$(FITS)' $$need >/dev/null 2>&1 && echo "$$python" && exit; done; done)

.DEFAULT_GOAL := help
.PHONY: help setup setup-tools setup-minio setup-all demo up down lint types layers test bench bench-audit bench-inpaint error-model train clean python

help: ## what there is
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

setup: python ## environment, servers and models; nothing is started
	@$(PYTHON) -m infra.provision app servers

setup-tools: python
	@$(PYTHON) -m infra.provision tools

setup-minio: python ## the second store, built from its Go module (minutes, once)
	@$(PYTHON) -m infra.provision minio

setup-all: python
	@$(PYTHON) -m infra.provision all

demo: setup ## from a dirty catalog to clean pictures, on real servers
	@$(VENV)/python -m examples.demo

up: setup ## start Kafka, the store and Triton
	@$(VENV)/cleanplate up

down: ## stop them
	@test ! -x $(VENV)/cleanplate || $(VENV)/cleanplate down

lint: setup-tools
	$(TOOLS)/ruff check .
	$(TOOLS)/ruff format --check .

types: setup-tools
	$(TOOLS)/mypy

layers: setup-tools
	$(TOOLS)/lint-imports

test: setup-all lint types layers ## lint, types, layers and all tests, on the real servers
	$(TOOLS)/python -m pytest

bench: setup ## pictures per second end to end, against the models alone
	@$(VENV)/python -m benchmarks.path

bench-audit: setup ## reading, folding, planning and undoing over an audit log: make bench-audit EDITS="10000 1000000"
	@$(VENV)/python -m benchmarks.audit $(EDITS)

bench-inpaint: setup ## engines against the truth: make bench-inpaint DATA=FOLDER PHOTOS=FOLDER COUNT=300 LAMA=FILE, all optional
	@$(PYTHON) -m infra.provision bench
	@$(VENV)/python -m benchmarks.on_models_python benchmarks.inpainting $(if $(DATA),--data "$(DATA)") \
	  $(if $(PHOTOS),--photos "$(PHOTOS)") $(if $(COUNT),--count $(COUNT)) $(if $(LAMA),--lama "$(LAMA)") \
	  $(if $(MODEL),--model "$(MODEL)") $(if $(STROKES),--strokes "$(STROKES)") $(if $(DETAILS),--details "$(DETAILS)")

error-model: setup ## the model of the fills' error: make error-model WITH="PHOTOS --kept FOLDER" (docs/predicted-error.md)
	@$(VENV)/python -m benchmarks.on_models_python benchmarks.probing $(WITH)

train: setup ## the risk model: make train WITH="FOLDER … --weak FOLDER --readings FILE --out MODEL" (docs/risk.md)
	@$(PYTHON) -m infra.provision training
	@OMP_NUM_THREADS=1 $(VENV)/python -m benchmarks.training $(WITH)

clean: down ## stop the servers; remove environments, caches and this checkout's data
	rm -rf .venv .venv-tools .cleanplate .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or 3.12 with venv is needed (Debian: apt-get install python3-venv)" >&2; exit 1; }
