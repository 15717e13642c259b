"""One derived model, made real: a three-layer sigmoid network for two classes."""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from trilayer._version import __version__

if TYPE_CHECKING:
    from trilayer.checkpoint import Checkpoint
    from trilayer.encoding import TableEncoder
    from trilayer.errors import TriLayerError
    from trilayer.estimator import TriLayerClassifier
    from trilayer.gradcheck import check_gradients
    from trilayer.modelfile import load, save
    from trilayer.params import Params
    from trilayer.selection import TriLayerClassifierCV
    from trilayer.table_classifier import TriLayerTableClassifier
    from trilayer.trace import trace

__all__ = [
    "Checkpoint",
    "Params",
    "TableEncoder",
    "TriLayerClassifier",
    "TriLayerClassifierCV",
    "TriLayerError",
    "TriLayerTableClassifier",
    "__version__",
    "check_gradients",
    "load",
    "save",
    "trace",
]

# Names are imported when first used: `trilayer --help` needs no scikit-learn.
_HOME = {
    "Checkpoint": "trilayer.checkpoint",
    "Params": "trilayer.params",
    "TableEncoder": "trilayer.encoding",
    "TriLayerClassifier": "trilayer.estimator",
    "TriLayerClassifierCV": "trilayer.selection",
    "TriLayerError": "trilayer.errors",
    "TriLayerTableClassifier": "trilayer.table_classifier",
    "check_gradients": "trilayer.gradcheck",
    "load": "trilayer.modelfile",
    "save": "trilayer.modelfile",
    "trace": "trilayer.trace",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'trilayer' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))


class _Package(ModuleType):
    """Keeps `trilayer.trace` the function, which its module's import would replace."""

    def __setattr__(self, name: str, value: object) -> None:
        if isinstance(value, ModuleType) and _HOME.get(name) == value.__name__:
            value = getattr(value, name)
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
