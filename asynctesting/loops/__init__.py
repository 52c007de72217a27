"""Event loops: where they come from, and what must be known of their insides."""

from __future__ import annotations


__all__: list[str] = []
