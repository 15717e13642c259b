"""Who may ask: whoever names this machine, where it serves no other; whoever shows the token."""

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trilayer.serve.limits import HEADER_BYTES
from trilayer.serve.refusals import LONG_HEADERS, MISDIRECTED, UNAUTHORISED, RefusedError

if TYPE_CHECKING:
    from starlette.datastructures import Headers

LOOPBACK = ("127.0.0.1", "::1", "localhost")

_NAMES = frozenset({"127.0.0.1", "[::1]", "localhost"})


@dataclass(frozen=True)
class Guard:
    """What a request must show.

    A page from elsewhere can let a name of its own point to this machine, and then read what is
    answered under that name: so where only this machine is served, Host must be a name of it.

    Attributes
    ----------
    loopback : bool
        Whether this machine alone is served.
    token : str or None
        What must stand behind ``Authorization: Bearer``.
    """

    loopback: bool = True
    token: str | None = None

    def check_headers(self, headers: "Headers") -> None:
        """Refuse headers that are too long, and a Host that is another machine's.

        Raises
        ------
        RefusedError
        """
        # uvicorn's own limit is for those that do not come at once.
        if sum(len(name) + len(value) for name, value in headers.raw) > HEADER_BYTES:
            raise RefusedError(LONG_HEADERS, f"the headers are longer than {HEADER_BYTES:,} bytes")
        hosts = headers.getlist("host")
        if self.loopback and (len(hosts) != 1 or _without_port(hosts[0]) not in _NAMES):
            raise RefusedError(MISDIRECTED, "this server is called 127.0.0.1 or localhost")

    def check_token(self, headers: "Headers") -> None:
        """Refuse who does not show the token, in a time that tells nothing about it.

        Raises
        ------
        RefusedError
        """
        if self.token is None:
            return
        scheme, _, given = headers.get("authorization", "").partition(" ")
        same = secrets.compare_digest(given.strip().encode(), self.token.encode())
        if scheme.lower() != "bearer" or not same:
            raise RefusedError(UNAUTHORISED, "send the token: Authorization: Bearer TOKEN")


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name.lower() if colon and port.isdigit() else host.lower()
