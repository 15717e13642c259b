"""How much one request may ask for."""

from dataclasses import dataclass

HEADER_BYTES = 16 << 10
"""Of a request's first line and headers, all together."""

HEADER_SECONDS = 10
"""Until they are there, from the opening of a connection or the end of the answer before."""

CONNECTIONS = 512
"""Open at a time; who comes then is answered with 503."""


@dataclass(frozen=True)
class Limits:
    """What a body may hold, and how long it may take to come.

    Attributes
    ----------
    rows : int
        Of a request.
    body_bytes : int
    seconds : float
        Until the body is there.
    """

    rows: int = 10_000
    body_bytes: int = 8 << 20
    seconds: float = 30.0
