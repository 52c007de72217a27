"""
Values: things that are equal if what they have is equal.

What a plain test imports uses this, and not dataclasses: to make seven of those took a quarter of all the time of
``import asynctesting``.

"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar


if TYPE_CHECKING:
    from typing import Self


__all__ = ["Value"]

__unittest = True


class Value:
    """
    Something that is equal to another one of its class with the same attributes, and is not to be changed.

    A subclass names its attributes in ``__slots__``, and takes each of them in ``__init__``.

    Example:

        >>> class Cat(Value):
        ...     __slots__ = ("name",)
        ...     def __init__(self, name):
        ...         self.name = name
        >>> Cat("Garfield") == Cat("Garfield"), len({Cat("Nermal"), Cat("Nermal")})
        (True, 1)
        >>> Cat("Garfield")
        Cat(name='Garfield')
        >>> Cat("Garfield").replaced(name="Nermal")
        Cat(name='Nermal')

    """

    __slots__: tuple[str, ...] = ()

    #: The names of all attributes, those of the base classes first.
    _names: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        own = [name for name in vars(cls).get("__slots__", ()) if name not in cls._names]
        cls._names = (*cls._names, *own)

    def _key(self) -> tuple[Any, ...]:
        return tuple([getattr(self, name) for name in self._names])

    def replaced(self, **changes: Any) -> Self:
        """The same with other attributes."""
        return type(self)(**{name: getattr(self, name) for name in self._names} | changes)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._names)
        return f"{type(self).__qualname__}({shown})"
