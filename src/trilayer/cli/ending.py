"""A command that is told to end: a terminal closes, a service stops, a batch system is done."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_ENDINGS = ("SIGTERM", "SIGHUP")


@contextmanager
def nothing_half_written() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the process as ever, but remove first what is half written.

    Whoever ignores them, as nohup does, or has a handler of his own, goes on doing so.
    """
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
    from trilayer.atomic import drop_parts

    drop_parts()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
