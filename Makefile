# Cauce. `make` alone explains itself; only python3 (3.11 or later) and make are needed.
# Variables: PORT=8000  CAUCE_HOME=.cauce  ARGS="…" (passed on)  CAUCE_CHROMIUM=/path  WORKERS=2

PYTHON ?= python3
PY := .venv/bin/python
WORKERS ?= 2
TEST_WORKERS ?= 2
SERVE_OPTIONS = $(if $(PORT),--port $(PORT)) --workers $(WORKERS) $(ARGS)
UV_OPTIONS = --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url

.DEFAULT_GOAL := help
.PHONY: help demo serve test lint bench lock sbom clean setup setup-test

help: ## Muestra esta ayuda
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: setup ## Prepara todo y abre la demostración en http://127.0.0.1:8000 (PORT=… la mueve)
	@exec $(PY) manage.py serve --demo $(SERVE_OPTIONS)

serve: setup ## Prepara todo y abre un portal vacío, con su asistente de primeros pasos
	@exec $(PY) manage.py serve $(SERVE_OPTIONS)

test: setup-test lint ## Estilo, contratos, migraciones y todas las pruebas
	@exec $(PY) -m pytest -n $(TEST_WORKERS) $(ARGS)

lint: setup-test ## Estilo, contratos de importación y migraciones al día
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@.venv/bin/lint-imports
	@DJANGO_SETTINGS_MODULE=config.settings_test $(PY) -W ignore::RuntimeWarning \
		manage.py makemigrations --check --dry-run

bench: setup-test ## Mide las páginas frente a la página de referencia
	@exec $(PY) -m tests.benchmarks.bench $(ARGS)

lock: ## Vuelve a fijar versiones y huellas (necesita uv y npm)
	uv pip compile $(UV_OPTIONS) pyproject.toml -o requirements.lock
	uv pip compile $(UV_OPTIONS) --extra test pyproject.toml -o requirements-test.lock
	npm install --package-lock-only --ignore-scripts

sbom: ## Escribe la lista de componentes (CycloneDX) en build/sbom.json
	@$(PYTHON) scripts/sbom.py $(ARGS)

clean: ## Borra lo instalado y lo generado; los datos de .cauce se conservan
	rm -rf .venv node_modules static/vendor assets build .pytest_cache .ruff_cache \
		.import_linter_cache .hypothesis
	find apps config tests scripts -name __pycache__ -prune -exec rm -rf {} +

setup:
	@$(PYTHON) scripts/setup.py

setup-test:
	@$(PYTHON) scripts/setup.py --test
