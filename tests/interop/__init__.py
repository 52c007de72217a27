"""One sample project under every runner: ``python -m tests.interop`` (see ``__main__.py``)."""
