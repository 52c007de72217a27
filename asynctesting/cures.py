"""
What to write instead, in the user's own words.

A cure that shows the user's line, mended, can be copied. Where a line cannot be read (its file
is gone, it is a part of a longer statement), there is none, and the check says it in general.

Pure: nothing here knows a loop, a test or a check.

"""

from __future__ import annotations

import ast
import functools
import linecache
import re

from .findings import Place


__all__ = ["awaited", "kept", "line_in", "mended", "sync_function"]

__unittest = True

#: What makes a task of a coroutine.
_MAKERS = ("create_task", "ensure_future")


def _parsed(source: str) -> ast.Module | None:
    """What *source*, one line, means, if it is a statement, or the head of one."""
    for whole in (source, f"{source} pass"):
        try:
            return ast.parse(whole)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return None


def _calls(tree: ast.Module | None, *names: str) -> list[ast.Call]:
    """The calls in *tree* of what has one of the *names*, whatever is before the last dot."""
    found = []
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Call):
            function = node.func
            last = getattr(function, "attr", None) or getattr(function, "id", None)
            if last in names:
                found.append(node)
    return found


def _cut(source: str, node: ast.expr) -> tuple[str, str, str]:
    """Cut *source* before *node* and after it. Columns are bytes."""
    line = source.encode()
    assert node.end_col_offset is not None
    return (
        line[: node.col_offset].decode(),
        line[node.col_offset : node.end_col_offset].decode(),
        line[node.end_col_offset :].decode(),
    )


def mended(place: Place | None, name: str, words: str) -> str:
    """
    The line at *place*, with *words* for the function in its one call of *name*.

    Args:
        place: where the line is.
        name: the last part of the function's name.
        words: what is to be called instead; the arguments stay.

    Returns:
        The call alone, or nothing if it cannot be told.

    """
    source = place.source if place is not None else ""
    calls = _calls(_parsed(source), name)
    if len(calls) != 1:
        return ""
    call = calls[0]
    _, whole, _ = _cut(source, call)
    _, function, _ = _cut(source, call.func)
    return words + whole.removeprefix(function)


def awaited(place: Place | None, name: str) -> str:
    """The line at *place*, with ``await`` before its one call of *name*; or nothing."""
    source = place.source if place is not None else ""
    calls = _calls(_parsed(source), name)
    if len(calls) != 1:
        return ""
    before, call, after = _cut(source, calls[0])
    if before.endswith("await "):
        return ""
    if after.startswith((".", "[", "(")):
        return f"{before}(await {call}){after}"
    return f"{before}await {call}{after}"


def kept(place: Place | None) -> tuple[str, str]:
    """
    By what name the task that the line at *place* makes is kept, and how to keep it.

    Returns:
        The name, and an empty text if it is kept already. Else a name for it, and the line that
        keeps it. Nothing, twice, if it cannot be told.

    """
    source = place.source if place is not None else ""
    tree = _parsed(source)
    calls = _calls(tree, *_MAKERS)
    if tree is None or len(calls) != 1:
        return "", ""
    statement = tree.body[0]
    if isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is calls[0]:
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        if isinstance(targets[0], (ast.Name, ast.Attribute)):
            return _cut(source, targets[0])[1], ""
    if isinstance(statement, ast.Expr) and statement.value is calls[0]:
        return "task", f"task = {source}"
    return "", ""


@functools.lru_cache(maxsize=64)
def _functions(filename: str) -> tuple[tuple[int, int, str, bool], ...]:
    """The functions of a file: first and last line, name, and whether it is asynchronous."""
    try:
        tree = ast.parse("".join(linecache.getlines(filename)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    return tuple(
        (
            node.lineno,
            node.end_lineno or node.lineno,
            getattr(node, "name", "<lambda>"),
            isinstance(node, ast.AsyncFunctionDef),
        )
        for node in ast.walk(tree)
        if isinstance(node, kinds)
    )


def line_in(place: Place | None, pattern: str) -> Place | None:
    """The line of the function defined at *place* that has the *pattern* in it, if only one has."""
    if place is None:
        return None
    around = [
        (first, last)
        for first, last, name, _ in _functions(place.filename)
        if place.lineno <= last and name == place.function
    ]
    if not around:
        return None
    first, last = min(around)  # the line may be that of a decorator
    lines = linecache.getlines(place.filename)[first - 1 : last]
    found = [number for number, line in enumerate(lines, first) if re.search(pattern, line)]
    return Place(place.filename, found[0], place.function) if len(found) == 1 else None


def sync_function(place: Place | None) -> str:
    """The name of the function around *place*, if nothing can be awaited in it; or nothing."""
    if place is None:
        return ""
    around = [
        (last - first, name, is_async)
        for first, last, name, is_async in _functions(place.filename)
        if first <= place.lineno <= last and name == place.function
    ]
    if not around:
        return ""
    _, name, is_async = min(around)
    return "" if is_async else name
