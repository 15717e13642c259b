"""One derived model, made real: a three-layer sigmoid network for two classes."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from trilayer._version import __version__

if TYPE_CHECKING:
    from trilayer.checkpoint import Checkpoint
    from trilayer.derivation.gradcheck import check_gradients
    from trilayer.derivation.trace import trace
    from trilayer.encoding import TableEncoder
    from trilayer.errors import TriLayerError
    from trilayer.estimators.classifier import TriLayerClassifier
    from trilayer.estimators.cv import TriLayerClassifierCV
    from trilayer.estimators.table_classifier import TriLayerTableClassifier
    from trilayer.modelfile import load, save
    from trilayer.params import Params

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
    "TriLayerClassifier": "trilayer.estimators.classifier",
    "TriLayerClassifierCV": "trilayer.estimators.cv",
    "TriLayerError": "trilayer.errors",
    "TriLayerTableClassifier": "trilayer.estimators.table_classifier",
    "check_gradients": "trilayer.derivation.gradcheck",
    "load": "trilayer.modelfile",
    "save": "trilayer.modelfile",
    "trace": "trilayer.derivation.trace",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'trilayer' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
