"""
``patch``, on everything that can be called, and entered with ``async with``, too.

It is the ``patch`` of :mod:`unittest.mock`, which makes our mocks, and can do two things more. It
decorates generator functions and asynchronous generator functions so that the patch holds while
their body runs. And with ``scope=LIMITED`` it holds only while the body really runs: each time that
the coroutine waits or the generator yields, everybody else sees the original.

"""

from __future__ import annotations

import contextlib
import copy
import enum
import functools
import inspect
import pkgutil
import sys
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar, overload

from . import autospec as _autospec  # noqa: F401 - it puts its names on the stage
from .insides import STAGE, rebound, stock
from .kinds import AsyncMock, MagicMock, is_async_spec, is_mock
from .specs import generates_async


__all__ = ["GLOBAL", "LIMITED", "Scope", "mock_open", "patch"]

DEFAULT: Final = stock.DEFAULT


class Scope(enum.Enum):
    """How long a patch of a coroutine, or of a generator, holds."""

    GLOBAL = "from its first step to its last"
    LIMITED = "while it runs, and not while it waits"


GLOBAL: Final = Scope.GLOBAL
LIMITED: Final = Scope.LIMITED


class _Run:
    """
    One run of a decorated function, with all its patches.

    Args:
        patchings: The patchers, the first to be entered first.
        args: The arguments of the call; what the patches pass in is added.
        keywords: The same.

    """

    def __init__(self, patchings: list[Any], args: Any, keywords: dict[str, Any]) -> None:
        self._patchings = [_fresh(patching) for patching in patchings]
        self._limited = [p for p in self._patchings if _scope_of(p) is LIMITED]
        self._stack = contextlib.ExitStack()
        self._resumes: list[Callable[[], None]] = []
        self.args = args
        self.keywords = keywords

    def __enter__(self) -> _Run:
        with contextlib.ExitStack() as stack:
            for patching in self._patchings:
                entered = stack.enter_context(patching)
                if getattr(patching, "attribute_name", None) is not None:
                    self.keywords = {**self.keywords, **entered}
                elif getattr(patching, "new", None) is DEFAULT:
                    self.args = (*self.args, entered)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exc_info: Any) -> Any:
        return self._stack.__exit__(*exc_info)

    def pause(self) -> None:
        """Put back the originals of what is limited."""
        for patching in reversed(self._limited):
            self._resumes.append(patching.pause())

    def resume(self) -> None:
        while self._resumes:
            self._resumes.pop()()

    @types.coroutine
    def steps(self, coroutine: Any) -> Any:
        """Take the steps of a coroutine or a generator, patched, and wait unpatched."""
        value = error = None
        while True:
            try:
                given = coroutine.send(value) if error is None else coroutine.throw(error)
            except StopIteration as stopped:
                return stopped.value
            value = error = None
            self.pause()
            try:
                value = yield given
            except BaseException as thrown:
                error = thrown
            finally:
                self.resume()


def _fresh(patching: Any) -> Any:
    """Give a patcher for one run: several may go on at the same time."""
    return patching.copy() if hasattr(patching, "copy") else patching


def _scope_of(patching: Any) -> Scope:
    scope: Scope = getattr(patching, "scope", GLOBAL)  # those of unittest.mock have none
    return scope


def _taken_from(keywords: dict[str, Any]) -> tuple[Scope, dict[str, Any]]:
    """Take the scope from the keywords of a patch; any other ``scope=`` is the mock's."""
    if isinstance(keywords.get("scope"), Scope):
        keywords = dict(keywords)
        return keywords.pop("scope"), keywords
    return GLOBAL, keywords


# Decorated functions


def _runs_later(function: Any) -> bool:
    """Say whether a call of *function* only makes what will run."""
    return (
        inspect.iscoroutinefunction(function)
        or inspect.isgeneratorfunction(function)
        or inspect.isasyncgenfunction(function)
    )


def _decorated(function: Any, patching: Any) -> Any:
    """Give a function of the same colour that is patched while its body runs."""
    patchings = [patching]
    if getattr(function, "_asynctesting_is_patched", False):
        function.patchings.append(patching)
        return function
    if hasattr(function, "patchings"):  # by unittest.mock
        patchings = [*function.patchings, patching]
        function = function.__wrapped__

    found: Any
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def coroutine_function(*args: Any, **keywords: Any) -> Any:
            with _Run(patchings, args, keywords) as run:
                return await run.steps(function(*run.args, **run.keywords))

        found = coroutine_function

    elif inspect.isasyncgenfunction(function):

        @functools.wraps(function)
        async def async_generator_function(*args: Any, **keywords: Any) -> Any:
            with _Run(patchings, args, keywords) as run:
                generator = function(*run.args, **run.keywords)
                step = generator.asend(None)
                while True:
                    try:
                        item = await run.steps(step)
                    except StopAsyncIteration:
                        return
                    run.pause()
                    try:
                        sent = yield item
                    except BaseException as error:
                        step = generator.athrow(error)
                    else:
                        step = generator.asend(sent)
                    finally:
                        run.resume()

        found = async_generator_function

    else:

        @functools.wraps(function)
        def generator_function(*args: Any, **keywords: Any) -> Any:
            with _Run(patchings, args, keywords) as run:
                steps: Any = run.steps(function(*run.args, **run.keywords))
                return (yield from steps)

        found = generator_function

    found.patchings = patchings
    found._asynctesting_is_patched = True
    return found


def _check_scope(patching: Any, function: Any) -> None:
    if patching.scope is LIMITED:
        raise TypeError(
            f"scope=LIMITED is for coroutine functions and generators, and {_name_of(function)} "
            "is neither: leave the scope out"
        )


def _name_of(function: Any) -> str:
    return getattr(function, "__qualname__", None) or repr(function)


# The patchers


class _Entering:
    """What both kinds of patchers have."""

    scope: Scope = GLOBAL

    def decorate_class(self, klass: Any) -> Any:
        """Patch the tests of a class; those that never wait are patched while they run in either scope."""
        for name in dir(klass):
            if name.startswith(_PREFIX.TEST_PREFIX):
                method = getattr(klass, name)
                if callable(method):
                    patcher = self.copy()  # type: ignore[attr-defined]
                    if not _runs_later(method):
                        patcher.scope = GLOBAL
                    setattr(klass, name, patcher(method))
        return klass

    async def __aenter__(self) -> Any:
        return self.__enter__()  # type: ignore[attr-defined]

    async def __aexit__(self, *exc_info: Any) -> Any:
        return self.__exit__(*exc_info)  # type: ignore[attr-defined]

    def __call__(self, func: Any) -> Any:
        if not isinstance(func, type):
            if _runs_later(func):
                return _decorated(func, self)
            _check_scope(self, func)
        return super().__call__(func)  # type: ignore[misc] # a mixin's


class _patch(_Entering, stock._patch):  # type: ignore[misc] # its class is private
    if TYPE_CHECKING:
        target: Any
        temp_original: Any
        is_local: bool

    def __init__(
        self,
        getter: Any,
        attribute: Any,
        new: Any,
        spec: Any,
        create: Any,
        spec_set: Any,
        autospec: Any,
        new_callable: Any,
        kwargs: Any,
        **more: Any,
    ) -> None:
        self.scope, kwargs = _taken_from(kwargs)
        stock._patch.__init__(
            self, getter, attribute, new, spec, create, spec_set, autospec, new_callable, kwargs,
            **more,
        )  # fmt: skip

    def __enter__(self) -> Any:
        entered = _stock_enter(self)
        new = self.new
        if new is DEFAULT:
            new = entered if self.attribute_name is None else entered[self.attribute_name]
        self._asynctesting_new = new
        self._join()
        if (
            self.new is DEFAULT
            and self.new_callable is None
            and generates_async(self.temp_original)
            and is_mock(new := _installed(self))
        ):
            new.__dict__["_asynctesting_generates"] = True
        return entered

    def __exit__(self, *exc_info: Any) -> Any:
        later = self._part()
        new = self.__dict__.pop("_asynctesting_new", None)  # a decorator keeps us, and need not keep it
        if later is not None and later.temp_original is new:
            return self._leave_to(later, exc_info)
        return stock._patch.__exit__(self, *exc_info)

    def _join(self) -> None:
        """Be the last of those who patch the same now."""
        _ENTERED.setdefault((id(self.target), self.attribute), []).append(self)

    def _part(self) -> Any:
        """Be none of those any more; give the one that came next, or None."""
        key = (id(getattr(self, "target", None)), self.attribute)
        entered = _ENTERED.get(key, [])
        if self not in entered:
            return None
        place = entered.index(self)
        del entered[place]
        if not entered:
            del _ENTERED[key]
        return entered[place] if place < len(entered) else None

    def _leave_to(self, later: Any, exc_info: Any) -> Any:
        """
        Let a patch that came later, and is still there, put back the original of this one.

        So two coroutines that patch the same, at the same time, leave nothing behind.

        """
        later.temp_original, later.is_local = self.temp_original, self.is_local
        self.target, self.is_local = types.SimpleNamespace(**{self.attribute: None}), False
        return super().__exit__(*exc_info)

    def copy(self) -> Any:
        patcher = _stock_copy(self)
        patcher.scope = self.scope
        return patcher

    def pause(self) -> Callable[[], None]:
        """Put the original back for a while; give the function that puts the mock in its place again."""
        patchers = [self, *self.additional_patchers]
        installed = [_installed(patcher) for patcher in patchers]
        for patcher in reversed(patchers):
            twin = copy.copy(patcher)
            twin._exit_stack = contextlib.ExitStack()
            stock._patch.__exit__(twin, None, None, None)
            patcher._part()

        def resume() -> None:
            for patcher, value in zip(patchers, installed, strict=True):
                # Others may have patched it, or be gone, since.
                patcher.temp_original, patcher.is_local = patcher.get_original()
                setattr(patcher.target, patcher.attribute, value)
                patcher._join()

        return resume


#: By the id of a target and the name of an attribute: who patches it now, in the order in which they began.
_ENTERED: Final[dict[tuple[int, str], list[Any]]] = {}


def _installed(patcher: Any) -> Any:
    """Give what stands in the place of the original, as it stands there."""
    try:
        return patcher.target.__dict__[patcher.attribute]
    except (AttributeError, KeyError):
        return getattr(patcher.target, patcher.attribute)


class _patch_dict(_Entering, stock._patch_dict):  # type: ignore[misc] # its class is private
    def __init__(self, in_dict: Any, values: Any = (), clear: Any = False, **kwargs: Any) -> None:
        self.scope, kwargs = _taken_from(kwargs)
        stock._patch_dict.__init__(self, in_dict, values, clear, **kwargs)

    def copy(self) -> Any:
        patcher = _patch_dict(self.in_dict, self.values, self.clear)
        patcher.scope = self.scope
        return patcher

    def pause(self) -> Callable[[], None]:
        """Restore the dictionary for a while; give the function that patches it again."""
        kept = _items_of(self.in_dict)
        self._unpatch_dict()

        def resume() -> None:
            self._original = _items_of(self.in_dict)
            _refill(self.in_dict, kept)

        return resume


def _items_of(mapping: Any) -> dict[Any, Any]:
    return {key: mapping[key] for key in mapping}


def _refill(mapping: Any, items: dict[Any, Any]) -> None:
    for key in list(mapping):
        if key not in items:
            del mapping[key]
    for key, value in items.items():
        mapping[key] = value


# patch


def _get_target(target: Any) -> tuple[Callable[[], Any], str]:
    """Give what finds the object on which to patch, and the name of the attribute."""
    try:
        path, attribute = target.rsplit(".", 1)
    except (AttributeError, TypeError, ValueError):
        return stock._get_target(target)  # type: ignore[no-any-return] # it raises
    return functools.partial(_resolved, path), attribute


def _resolved(path: str) -> Any:
    """Give the same as :func:`pkgutil.resolve_name`, which asks the file system first."""
    module = sys.modules.get(path)
    if module is not None:
        return module
    above, _, name = path.rpartition(".")
    module = sys.modules.get(above)
    if type(module) is types.ModuleType and "__path__" not in vars(module):
        try:
            return getattr(module, name)
        except AttributeError:
            pass
    return pkgutil.resolve_name(path)


def _patch_multiple(target: Any, spec: Any = None, create: Any = False, spec_set: Any = None,
                    autospec: Any = None, new_callable: Any = None, **kwargs: Any) -> Any:  # fmt: skip
    scope, kwargs = _taken_from(kwargs)
    patcher = _stock_multiple(target, spec, create, spec_set, autospec, new_callable, **kwargs)
    patcher.scope = scope
    return patcher


_patch_multiple.__doc__ = stock._patch_multiple.__doc__

_stock_enter = rebound(stock._patch.__enter__)
_stock_copy = rebound(stock._patch.copy)
_stock_multiple = rebound(stock._patch_multiple)


class _Prefix:
    """Knows with what the names of tests begin, whether it was set on our patch or on unittest.mock's."""

    @property
    def TEST_PREFIX(self) -> Any:
        return patch.TEST_PREFIX if patch.TEST_PREFIX != "test" else stock.patch.TEST_PREFIX


_PREFIX: Final = _Prefix()


if TYPE_CHECKING:
    # What checkers read: what the decorators and context managers give, and pass in.
    _T = TypeVar("_T")
    _G = TypeVar("_G", covariant=True)
    _R = TypeVar("_R")
    _C = TypeVar("_C", bound=type)
    _F = TypeVar("_F", bound=Callable[..., Any])

    class _Entered(Protocol[_G]):
        def __enter__(self) -> _G: ...
        def __exit__(self, *exc_info: object) -> None: ...
        async def __aenter__(self) -> _G: ...
        async def __aexit__(self, *exc_info: object) -> None: ...
        def start(self) -> _G: ...
        def stop(self) -> None: ...

    class Patcher(_Entered[_G], Protocol[_G]):
        """A patch that is told what to put in place: nothing is passed in."""

        def copy(self) -> Patcher[_G]: ...
        def __call__(self, func: _F) -> _F: ...

    class PassingPatcher(_Entered[_G], Protocol[_G]):
        """A patch that makes a mock, and passes it in."""

        def copy(self) -> PassingPatcher[_G]: ...

        @overload
        def __call__(self, func: _C) -> _C: ...

        @overload
        def __call__(self, func: Callable[..., _R]) -> Callable[..., _R]: ...

    class _PatchDict(Protocol):
        def __call__(
            self, in_dict: Any, values: Any = ..., clear: Any = ..., *, scope: Any = ..., **kwargs: Any
        ) -> Patcher[Any]: ...

    class _PatchObject(Protocol):
        @overload
        def __call__(
            self, target: Any, attribute: str, new: _T, spec: Any = ..., create: bool = ...,
            spec_set: Any = ..., autospec: Any = ..., new_callable: None = ..., *,
            unsafe: bool = ..., scope: Scope = ...,
        ) -> Patcher[_T]: ...

        @overload
        def __call__(
            self, target: Any, attribute: str, *, spec: Any = ..., create: bool = ...,
            spec_set: Any = ..., autospec: Any = ..., new_callable: Callable[..., _T],
            unsafe: bool = ..., scope: Any = ..., **kwargs: Any,
        ) -> PassingPatcher[_T]: ...

        @overload
        def __call__(
            self, target: Any, attribute: str, *, spec: Any = ..., create: bool = ...,
            spec_set: Any = ..., autospec: Any = ..., new_callable: None = ...,
            unsafe: bool = ..., scope: Any = ..., **kwargs: Any,
        ) -> PassingPatcher[MagicMock | AsyncMock]: ...

    class _Patch(Protocol):
        TEST_PREFIX: str
        object: _PatchObject
        dict: _PatchDict

        @overload
        def __call__(  # type: ignore[overload-overlap] # new= is no keyword of a mock
            self, target: str, new: _T, spec: Any = ..., create: bool = ..., spec_set: Any = ...,
            autospec: Any = ..., new_callable: None = ..., *, unsafe: bool = ...,
            scope: Scope = ...,
        ) -> Patcher[_T]: ...

        @overload
        def __call__(
            self, target: str, *, spec: Any = ..., create: bool = ..., spec_set: Any = ...,
            autospec: Any = ..., new_callable: Callable[..., _T], unsafe: bool = ...,
            scope: Any = ..., **kwargs: Any,
        ) -> PassingPatcher[_T]: ...

        @overload
        def __call__(
            self, target: str, *, spec: Any = ..., create: bool = ..., spec_set: Any = ...,
            autospec: Any = ..., new_callable: None = ..., unsafe: bool = ..., scope: Any = ...,
            **kwargs: Any,
        ) -> PassingPatcher[MagicMock | AsyncMock]: ...

        def multiple(
            self, target: Any, spec: Any = ..., create: bool = ..., spec_set: Any = ...,
            autospec: Any = ..., new_callable: Callable[..., Any] | None = ..., **kwargs: Any,
        ) -> PassingPatcher[Any]: ...
        def stopall(self) -> None: ...

    patch: _Patch
else:
    patch = rebound(stock.patch)
    patch.object = rebound(stock._patch_object)
    patch.dict = _patch_dict
    patch.multiple = _patch_multiple
    patch.stopall = stock._patch_stopall
    patch.TEST_PREFIX = "test"

STAGE.update(
    _get_target=_get_target,
    _is_async_obj=is_async_spec,
    _patch=_patch,
    _patch_dict=_patch_dict,
    patch=_PREFIX,
)

mock_open: Callable[..., MagicMock] = rebound(stock.mock_open)
