"""A command that is told to end: a terminal closes, a service stops, a batch system is done."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from trilayer import atomic

_ENDINGS = ("SIGTERM", "SIGHUP")


@contextmanager
def nothing_half_written() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the process as ever, but remove first what is half written.

    They are caught only while something is: Python's handlers wait for native code to come
    back, and a process that has nothing to remove shall not wait.
    Whoever ignores them, as nohup does, or has a handler of his own, goes on doing so.
    """
    before, atomic.guarded = atomic.guarded, _caught
    try:
        yield
    finally:
        atomic.guarded = before


@contextmanager
def _caught() -> Iterator[None]:
    ours = []
    if threading.current_thread() is threading.main_thread():
        numbers = (getattr(signal, name) for name in _ENDINGS if hasattr(signal, name))
        ours = [number for number in numbers if signal.getsignal(number) == signal.SIG_DFL]
    for number in ours:
        signal.signal(number, _end)
    try:
        yield
    finally:
        for number in ours:
            if signal.getsignal(number) is _end:
                signal.signal(number, signal.SIG_DFL)


def _end(number: int, _: Any) -> None:
    atomic.drop_parts()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
