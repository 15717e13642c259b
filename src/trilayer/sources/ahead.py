"""Working ahead: the next items are made while the caller works on the last."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def ahead(items: Iterator[_Item]) -> Iterator[_Item]:
    """Yield what an iterator yields, made in a thread, one item ahead.

    Errors of the iterator come out where its item would have. The thread ends with the
    walk, however that ends; an item that is being made then is waited for.

    Parameters
    ----------
    items : iterator
        Used by nobody else meanwhile.
    """
    end = object()
    with _threads(1, "ahead") as pool:
        coming = pool.submit(next, items, end)
        while (item := coming.result()) is not end:
            coming = pool.submit(next, items, end)
            yield item  # type: ignore[misc]
            del item  # what it holds in memory is free while the next one is waited for


def made_ahead(
    function: Callable[[_Item], _Result], items: Iterator[_Item], threads: int
) -> Iterator[_Result]:
    """Yield what a function makes of each item, in their order, made on threads.

    Items are read in a thread of their own, and no more are on their way than keep the threads
    busy: so memory does not grow with their number. Errors come out where the result would have.

    Parameters
    ----------
    function : callable
        May be called by several threads at a time.
    items : iterator
        Used by nobody else meanwhile.
    threads : int
        With 1, everything is done by the caller's thread.
    """
    if threads == 1:
        yield from map(function, items)
        return
    end = object()

    def make(coming: "Future[Any]") -> Any:
        item = coming.result()
        return item if item is end else function(item)

    with _threads(1, "read") as reader, _threads(threads, "made") as makers:
        on_their_way = deque(
            makers.submit(make, reader.submit(next, items, end)) for _ in range(threads + 1)
        )
        try:
            while (made := on_their_way.popleft().result()) is not end:
                on_their_way.append(makers.submit(make, reader.submit(next, items, end)))
                yield made
                del made  # what it holds in memory is free while the next one is waited for
        finally:
            for pool in (reader, makers):
                pool.shutdown(wait=False, cancel_futures=True)


def _threads(most: int, name: str) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(most, thread_name_prefix=f"trilayer-{name}")
