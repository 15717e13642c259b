"""Requests that are not answered as they wish: a status of HTTP, and one sentence."""

from trilayer.errors import InputError

BAD_REQUEST = 400
UNAUTHORISED = 401
FORBIDDEN = 403
NOT_FOUND = 404
TOO_SLOW = 408
TOO_LARGE = 413
NOT_JSON = 415
MISDIRECTED = 421
UNPROCESSABLE = 422
LONG_HEADERS = 431


class RefusedError(InputError):
    """A request that is refused.

    Parameters
    ----------
    status : int
        Of HTTP.
    sentence : str
        What is wrong, where, and what to do.
    """

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
