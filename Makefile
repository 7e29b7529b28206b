# MovieShow. `make run` starts it; `make help` lists the rest.
# PORT, PYTHON, ARGS, MOVIESHOW_HOME, DATABASE_URL, REDIS_URL may be given.

PORT ?= 8000
TEST_HOME ?= $(CURDIR)/build/test-home
VENV_PYTHON := .venv/bin/python
BESIDE_SERVERS := env MOVIESHOW_HOME="$(TEST_HOME)" $(VENV_PYTHON) -m movieshow.embedded exec --throwaway --

# Sets $$python to a Python that will do, or says what is wrong.
FIND_PYTHON = python=; \
	for candidate in $(if $(PYTHON),"$(PYTHON)",$(VENV_PYTHON) python3.11 python3.12 python3); do \
		if "$$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null; \
		then python="$$candidate"; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
		echo "movieshow: Python 3.11 or 3.12 is needed and $(or $(PYTHON),python3) is: $$("$(or $(PYTHON),python3)" --version 2>&1 | tail -n 1); say where one is: make $@ PYTHON=/path/to/python3.11" >&2; \
		exit 1; \
	fi

.PHONY: help setup setup-dev run test test-platform e2e bench lint format messages train-demo personas audience freshness screenshots clean

help:
	@echo "make run PORT=8000   start MovieShow: servers, worker, site; Ctrl-C stops it"
	@echo "make test            all tests but the browser's      (ARGS='tests/catalog -k search')"
	@echo "make test-platform   tests that start and kill whole installs"
	@echo "make e2e             the browser tests"
	@echo "make bench           what the site costs, by load; some minutes, into build/ (ARGS='--pages': pages alone; --check: fail on a must missed)"
	@echo "make lint            style, types, templates, layers, deployment checks"
	@echo "make format          let the tools format code and templates"
	@echo "make messages        bring the German texts up to date with the site's, and compile them"
	@echo "make train-demo      train a model from the shipped ratings alone"
	@echo "make personas        what the shipped model recommends to four well-known tastes"
	@echo "make audience        experiments on simulated people  (ARGS='--people 200')"
	@echo "make freshness       what fine-tuning recovers of a retrain's gain; long  (DATA='folders')"
	@echo "make screenshots     pictures of the pages, into docs/screenshots"
	@echo "make setup           the virtual environment alone"
	@echo "make clean           remove what can be made again; keeps your data in .movieshow"

setup:
	@$(FIND_PYTHON); exec "$$python" -m movieshow.environment

setup-dev:
	@$(FIND_PYTHON); exec "$$python" -m movieshow.environment --dev

run: setup
	@exec $(VENV_PYTHON) -m movieshow.launcher --port "$(PORT)" --die-with-parent

test: setup-dev
	@exec $(BESIDE_SERVERS) $(VENV_PYTHON) -m pytest -n 2 -m "not e2e and not platform" $(ARGS)

test-platform: setup-dev
	@exec $(BESIDE_SERVERS) $(VENV_PYTHON) -m pytest -m platform tests/platform $(ARGS)

NEED_CHROMIUM = command -v chromium >/dev/null || command -v chromium-browser >/dev/null || { \
	echo "movieshow: no chromium found; on Debian and Ubuntu: apt install chromium" >&2; exit 1; }

e2e: setup-dev
	@$(NEED_CHROMIUM)
	@exec $(BESIDE_SERVERS) $(VENV_PYTHON) -m pytest -m e2e tests/e2e $(ARGS)

# In a home of its own, deleted afterwards, for it fills a database; MOVIESHOW_DATA may name real films.
bench: setup-dev
	@home=$$(mktemp -d /tmp/movieshow-bench.XXXXXX) && chmod 711 "$$home" && trap 'rm -rf "$$home"' EXIT && \
	env -u DATABASE_URL -u REDIS_URL MOVIESHOW_HOME="$$home/home" OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 \
		$(VENV_PYTHON) -m movieshow.embedded exec --throwaway -- $(VENV_PYTHON) -m tests.load $(ARGS)

lint: setup-dev
	@$(VENV_PYTHON) -m ruff check
	@$(VENV_PYTHON) -m ruff format --check
	@exec $(BESIDE_SERVERS) env PATH="$(CURDIR)/.venv/bin:$$PATH" HTTPS=1 EMAIL_URL=smtp://localhost sh -e -c '\
		python -m mypy . && \
		python -m djlint templates --lint --check --quiet && \
		lint-imports && \
		python -W error::RuntimeWarning manage.py check --deploy --fail-level WARNING --database default && \
		python manage.py makemigrations --check --dry-run'

format: setup-dev
	@$(VENV_PYTHON) -m ruff check --fix
	@$(VENV_PYTHON) -m ruff format
	@$(VENV_PYTHON) -m djlint templates --reformat --quiet

messages: setup-dev
	@exec $(BESIDE_SERVERS) $(VENV_PYTHON) -m tests.translations

train-demo: setup
	@exec $(VENV_PYTHON) -m recommender.ml train recommender/configs/demo.toml --data catalog/demo/ml-latest-small --out build/demo-model

personas: setup
	@exec $(VENV_PYTHON) -m recommender.ml personas recommender/artifacts/shipped --movies catalog/demo/ml-latest-small/movies.csv

audience: setup-dev
	@exec $(BESIDE_SERVERS) $(VENV_PYTHON) -m tests.audience $(ARGS)

# In a home of its own, deleted afterwards; what is measured stays in build/freshness.
freshness: setup-dev
	@home=$$(mktemp -d /tmp/movieshow-freshness.XXXXXX) && chmod 711 "$$home" && trap 'rm -rf "$$home"' EXIT && \
	env -u DATABASE_URL -u REDIS_URL MOVIESHOW_HOME="$$home/home" OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 \
		$(VENV_PYTHON) -m movieshow.embedded exec --throwaway -- $(VENV_PYTHON) -m tests.freshness $(if $(DATA),--data $(DATA)) $(ARGS)

screenshots: setup-dev
	@$(NEED_CHROMIUM)
	@exec $(VENV_PYTHON) -m tests.e2e.screenshots docs/screenshots

clean:
	@rm -rf build .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -not -path './.movieshow/*' -prune -exec rm -rf {} +
