"""Races in published libraries, found in the releases that have them: ``python -m tests.explored.published``."""
