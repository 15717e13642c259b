"""Address space to begin with, where it is bounded (``ulimit -v``, ``RLIMIT_AS``).

Without it no command ends well, and not by our doing: OpenBLAS, which NumPy and SciPy bring,
asks without end for a buffer that it does not get, or interrupts the process; other libraries
end it.
"""

import mmap
import os

from trilayer.errors import InputError

_LIBRARIES = 704 << 20
_OWN = 64  # MiB that Python has taken by now
_PROCESSOR = 32 << 20  # stacks of the threads that three libraries start on each


def require_room() -> None:
    """See that the libraries can be loaded.

    Raises
    ------
    InputError
        If the process may not have the memory for that.
    """
    limit = address_space()
    if limit is None:
        return
    # Its own allocator sets a gigabyte of addresses aside, which others then lack.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    needed = _LIBRARIES + _PROCESSOR * (os.cpu_count() or 1)
    try:
        mmap.mmap(-1, needed).close()  # nothing is touched, so nothing is taken
    except OSError as error:
        raise InputError(
            f"this process may use {limit >> 20} MiB of memory (ulimit -v), and the libraries "
            f"alone take about {(needed >> 20) + _OWN}: allow more"
        ) from error


def address_space() -> int | None:
    """Return how many bytes of addresses this process may have; None where nothing bounds it."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return None if limit == resource.RLIM_INFINITY else limit
