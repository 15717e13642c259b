"""Attributes that are computed when first asked for."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class cached_property(Generic[T]):  # noqa: N801 - it stands in for functools'
    """`functools.cached_property` without the lock that Python 3.11 has around it.

    That lock is one for all objects of a class: fits in several threads would wait for each
    other, and a child that is forked while another thread holds it waits for ever.
    """

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self._compute, self.__doc__ = compute, compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: type | None = None) -> T:
        if instance is None:
            return self  # type: ignore[return-value]
        value = self._compute(instance)
        vars(instance)[self._name] = value  # found before this, from now on
        return value
