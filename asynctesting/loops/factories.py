"""
From what a user names a loop by, to something that makes one.

A loop is named by a factory (any callable without arguments), by its class, or
by the name of a package that offers one, such as ``"uvloop"``.

"""

from __future__ import annotations

import asyncio
import importlib
import inspect
from collections.abc import Callable, Iterable
from typing import Any

from ..errors import LoopUnavailable
from ..values import Value


__all__ = [
    "LoopChoice",
    "LoopFactory",
    "choose",
    "declared_factory",
    "declared_factory_of",
    "is_simulated",
    "takes_self",
]

__unittest = True

LoopFactory = Callable[[], asyncio.AbstractEventLoop]

#: What packages call the thing that makes their loop, in order of preference.
_ENTRY_POINTS = ("new_event_loop", "Loop", "EventLoop")


class LoopChoice(Value):
    """One of the loops that a test asked for."""

    __slots__ = ("label", "named")

    def __init__(self, label: str, named: LoopFactory | str) -> None:
        self.label: str = label
        self.named: LoopFactory | str = named

    def factory(self) -> LoopFactory:
        """
        Give what makes this loop.

        Raises:
            LoopUnavailable: if its package is not installed, or offers no loop.

        """
        if not isinstance(self.named, str):
            return self.named
        if self.named == "asyncio":
            return _default_class()
        module_name, _, attribute = self.named.partition(":")
        try:
            module = importlib.import_module(module_name)
        except ImportError as error:
            raise LoopUnavailable(f"{module_name} cannot be imported: {error}") from error
        for name in [attribute] if attribute else _ENTRY_POINTS:
            factory = getattr(module, name, None)
            if callable(factory):
                return factory  # type: ignore[no-any-return]
        tried = attribute or ", ".join(_ENTRY_POINTS)
        raise LoopUnavailable(f"{module_name} offers no event loop (looked for {tried})")


def choose(named: Iterable[LoopFactory | str]) -> tuple[LoopChoice, ...]:
    """Give each named loop a label of its own; what is neither a name nor callable is refused."""
    choices: list[LoopChoice] = []
    labels: set[str] = set()
    for name in named:
        if isinstance(name, str):
            if not name.partition(":")[0].replace(".", "").isidentifier():
                raise ValueError(f"{name!r} is not the name of a package")
            label = name
        elif callable(name):
            label = _public_name(name)
        else:
            raise TypeError(
                f"a loop is named by a factory, a class or a package's name, not by {name!r}"
            )
        plain, number = label, 1
        while label in labels:
            number += 1
            label = f"{plain} #{number}"
        labels.add(label)
        choices.append(LoopChoice(label, name))
    return tuple(choices)


def _public_name(factory: LoopFactory) -> str:
    """What users call *factory*; asyncio's own classes have other names on each platform."""
    for name in ("SelectorEventLoop", "ProactorEventLoop"):
        if getattr(asyncio, name, None) is factory:
            return name
    return getattr(factory, "__name__", None) or type(factory).__name__


def _default_class() -> LoopFactory:
    """The loop that asyncio itself would take here, asking no policy."""
    try:
        return asyncio.EventLoop  # type: ignore[attr-defined,no-any-return,unused-ignore]
    except AttributeError:  # before 3.13
        if hasattr(asyncio, "ProactorEventLoop"):
            return asyncio.ProactorEventLoop  # type: ignore[no-any-return,unused-ignore]
        return asyncio.SelectorEventLoop


def declared_factory(case: object) -> LoopFactory | None:
    """
    Read ``loop_factory`` as it was written in a test class: a class, a function or a
    ``staticmethod``, none of them turned into a bound method; or an ordinary method.

    The standard class reads it with ``self.loop_factory``, which makes a bound
    method of a plain function, so that the loop's factory gets an argument too many.

    """
    own = vars(case).get("loop_factory")
    if own is not None:
        return own  # type: ignore[no-any-return]
    return _declared(type(case), case)


def declared_factory_of(cls: type[Any]) -> LoopFactory | None:
    """The same for the class's own loop, for which there is no instance."""
    return _declared(cls, None)


def _declared(cls: type[Any], case: object) -> LoopFactory | None:
    if getattr(cls, "loop_factory", None) is None:  # nearly always
        return None
    for klass in cls.__mro__:
        if "loop_factory" in vars(klass):
            declared: Any = vars(klass)["loop_factory"]
            break
    else:
        return None  # it is the metaclass that has it
    if inspect.isfunction(declared) and not takes_self(declared):
        return declared
    if hasattr(declared, "__get__") and not isinstance(declared, type):
        return declared.__get__(case, cls)  # type: ignore[no-any-return]
    return declared  # type: ignore[no-any-return]


def takes_self(function: Callable[..., Any]) -> bool:
    """Tell whether *function* needs a positional argument, as a method does."""
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            return parameter.default is parameter.empty
    return False


def is_simulated(factory: object) -> bool:
    """Tell whether *factory* makes loops that have virtual time, of one of our classes."""
    return getattr(factory, "has_virtual_time", False) is True
