"""Optional packages, imported where they are used."""

from importlib import import_module
from types import ModuleType

from trilayer.errors import MissingExtraError


def require(module: str, extra: str) -> ModuleType:
    """Import an optional module, or say which extra brings it.

    Parameters
    ----------
    module : str
        Dotted name, such as ``"pyarrow.csv"``.
    extra : str
        The extra of trilayer that installs it.

    Raises
    ------
    MissingExtraError
        If the package is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        if error.name is None or error.name.partition(".")[0] != package:
            raise
        raise MissingExtraError(
            f"{package} is not installed: pip install 'trilayer[{extra}]'"
        ) from error
