"""Tests that hang in every way, and healthy ones that look alike, many times over on a loaded machine."""
