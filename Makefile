PYTHON ?= python3
TOX ?= $(PYTHON) -m tox

.PHONY: default example test bench conformance interop coverage style types build ci clean

default: test

# These need nothing but Python.

example:
	$(PYTHON) -m examples

test:
	$(PYTHON) -m unittest discover -s tests -t .

bench:
	$(PYTHON) -m tests.bench

# These fetch suites and runners to be measured against, into a cache.

conformance:
	$(PYTHON) -m tests.conformance
	$(PYTHON) -m tests.conformance.mocks

interop:
	$(PYTHON) -m tests.interop --install

# This needs the package coverage.

coverage:
	$(PYTHON) .ci/module_coverage.py

# These need tox, which gets the rest; setup.cfg says what they do.

style:
	$(TOX) run -e style

types:
	$(TOX) run -e types

build:
	$(TOX) run -e build

# Everything, on every Python.

ci:
	bash .ci/run

clean:
	rm -rf build dist htmlcov .coverage* .tox *.egg-info .mypy_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
