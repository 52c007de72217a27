"""Miniatures of published concurrency bugs: what exploring finds, and what it must not find."""
