"""Working ahead: the next items are made while the caller works on the last."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

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
    with ThreadPoolExecutor(1, thread_name_prefix="trilayer-ahead") as pool:
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
    with ThreadPoolExecutor(threads, thread_name_prefix="trilayer-made") as pool:
        coming: deque[Future[_Result]] = deque()
        try:
            for item in ahead(items):
                coming.append(pool.submit(function, item))
                del item
                if len(coming) > threads:
                    yield coming.popleft().result()
            while coming:
                yield coming.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
