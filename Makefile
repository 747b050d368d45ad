# Two commands matter: `make run` and `make test`. Each prepares what it needs; a second call does no work twice.

VENV   := .venv
PYTHON := $(VENV)/bin/python
SITE   := $(VENV)/.site-installed
DEV    := $(VENV)/.dev-installed
VENDOR := static/vendor/versions.json

.DEFAULT_GOAL := help
.PHONY: help install dev run test lint format bench wheel screenshots lock clean

help:  ## Show this list
	@sed -n 's/^\([a-z]*\):.*##  *\(.*\)/  make \1|\2/p' Makefile | column -t -s '|' 2>/dev/null || grep '##' Makefile

install: $(SITE) $(VENDOR)  ## Prepare .venv and the front-end files

dev: $(DEV) $(VENDOR)  ## The same with the tools that tests, lint and bench need

run: install  ## Serve the site (VASTDASH_HOST, VASTDASH_PORT; 127.0.0.1:8000)
	@exec $(PYTHON) manage.py serve

test: dev  ## Every test and check, with a coverage report
	@tools/chromium.sh
	@$(PYTHON) tools/run_tests.py

lint: $(DEV)  ## Style, types, import contracts and templates
	@$(PYTHON) tools/run_tests.py checks

format: $(DEV)  ## Let ruff and djade rewrite what they can
	@$(VENV)/bin/ruff check --fix --quiet . ; $(VENV)/bin/ruff format .
	@find templates -name '*.html' | xargs $(VENV)/bin/djade --target-version 5.2

bench: $(DEV)  ## Measure; prints a table and writes bench/results.json
	@$(PYTHON) -m bench

wheel: $(SITE)  ## Build the library's wheel and try it in a clean environment
	@tools/try_wheel.sh $(VENV)

screenshots: dev  ## Pictures of every page into screenshots/ (README=1, TOUR=1: only those of the README, the tour)
	@tools/chromium.sh
	@$(PYTHON) -m tools.screenshots $(if $(README),--readme) $(if $(TOUR),--tour)

lock: $(SITE)  ## Write the requirement locks anew (UPGRADE=1 takes newer releases)
	@tools/lock.sh $(VENV) $(if $(UPGRADE),--upgrade)

clean:  ## Remove what was generated, but neither .venv nor data
	rm -rf static/vendor staticfiles reports htmlcov .coverage .coverage.* build dist *.egg-info \
	    .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +

$(PYTHON):
	@tools/bootstrap.sh $(VENV) $(BOOTSTRAP_PYTHON)

$(SITE): $(PYTHON) requirements.txt requirements-uv.txt
	@tools/install.sh $(VENV) requirements.txt
	@touch $@

$(DEV): $(PYTHON) requirements-dev.txt requirements-uv.txt
	@tools/install.sh $(VENV) requirements-dev.txt
	@touch $@ $(SITE)

$(VENDOR): package.json package-lock.json tools/vendor.py | $(PYTHON)
	@$(PYTHON) tools/vendor.py
