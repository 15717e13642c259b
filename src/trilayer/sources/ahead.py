"""Reading ahead: the next item is made while the caller works on the last."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_Item = TypeVar("_Item")


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
