"""What is made ahead is what would be made in turn, and no more of it than is needed."""

import threading
import time
from itertools import count, islice

import pytest

from trilayer.sources.ahead import ahead, made_ahead


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_results_come_in_order(threads):
    def late(item):
        time.sleep(0.002 * (item % 3))
        return item * item

    assert list(made_ahead(late, iter(range(30)), threads)) == [i * i for i in range(30)]


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_nothing_to_do_is_nothing(threads):
    assert list(made_ahead(str, iter(()), threads)) == []


@pytest.mark.parametrize("threads", [2, 5])
def test_few_are_on_their_way(threads):
    """However slowly the caller takes them, and however many there are."""
    read = count()
    items = (next(read) for _ in count())
    walk = made_ahead(lambda item: item, items, threads)
    for _ in islice(walk, 20):
        time.sleep(0.002)
    walk.close()
    # Those made and not taken, one that is read, one that is waiting to be handed on.
    assert 20 <= next(read) <= 20 + threads + 2


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("fails", ["reading", "making"])
def test_errors_come_where_the_result_would_have(threads, fails):
    def items():
        yield from range(7)
        if fails == "reading":
            raise ValueError("seven")
        yield from range(7, 20)

    def make(item):
        if item == 7:
            raise ValueError("seven")
        return item

    taken = []
    with pytest.raises(ValueError, match="seven"):
        taken.extend(map(taken.append, made_ahead(make, items(), threads)))
    assert [each for each in taken if each is not None] == list(range(7))


def test_threads_end_with_the_walk():
    walk = made_ahead(str, iter(range(100)), 3)
    assert next(walk) == "0"
    walk.close()
    for _ in range(100):
        if not any(thread.name.startswith("trilayer-") for thread in threading.enumerate()):
            break
        time.sleep(0.02)
    assert not any(thread.name.startswith("trilayer-") for thread in threading.enumerate())


def test_one_is_read_ahead():
    assert list(ahead(iter("abc"))) == ["a", "b", "c"]
