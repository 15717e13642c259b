"""Model files: what loads is saved again as the same bytes, and predicts finite numbers."""

import warnings
from contextlib import suppress
from functools import cache
from unittest import mock

import numpy as np

from attacks.encoder import TABLE, pipeline_contents
from attacks.forge import contents, record, sealed
from trilayer.cli.inspect import _facts
from trilayer.errors import InputError, ModelFileError
from trilayer.modelfile import restore
from trilayer.modelfile.checkrows import logits
from trilayer.modelfile.container import Container
from trilayer.modelfile.decode import decode
from trilayer.modelfile.record import encode
from trilayer.params import Params

NUMBERS = (np.float64, np.float32, np.int64, np.uint8, np.int32, np.uint16)


def whole(data):
    """The bytes are a file; its seal is taken as right, for an attacker can compute it too."""
    with mock.patch.object(Container, "verify"):
        _law(data)


def description(data):
    """The bytes are a description, beside sound arrays and under a right seal."""
    if data:
        tensors, _ = bases()[data[0] % len(bases())]
        _law(sealed(tensors, data[1:].decode(errors="replace")))


def arrays(data):
    """The bytes say how to change the arrays of a sound file, logits of the check rows too."""
    if not data:
        return
    tensors, said = bases()[data[0] % len(bases())]
    tensors = dict(tensors)
    for at in range(1, len(data) - 10, 11):
        _change(tensors, *data[at : at + 3], data[at + 3 : at + 11])
    with suppress(ValueError, TypeError), np.errstate(all="ignore"):  # or it stays, and is a lie
        params = Params(*(tensors[name] for name in ("W1", "b1", "W2", "b2")))
        tensors["check.Z2"] = logits(params, tensors["check.X"])
    _law(sealed(tensors, said))


def _change(tensors, which, how, where, value):
    name = sorted(tensors)[which % len(tensors)]
    array = tensors[name].copy()
    if how < 128 and array.size:
        number = np.frombuffer(value, array.dtype if how < 64 else "<i8", count=1)[0]
        with np.errstate(all="ignore"):
            array.reshape(-1)[where % array.size] = np.array(number).astype(array.dtype)
    elif how < 160:
        with np.errstate(all="ignore"):
            array = array.astype(NUMBERS[where % len(NUMBERS)])
    elif how < 192:
        array = np.resize(array, [part % 9 for part in value[: where % 4]])
    elif how < 224:
        array = np.roll(array, where)
    else:
        array = array[: where % (len(array) + 1)] if array.ndim else array
    tensors[name] = array


@cache
def bases():
    """Tensors and descriptions of a classifier, a pipeline, and one that chose, prepared."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from trilayer import TriLayerClassifierCV
    from trilayer.modelfile.models import record_of

    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 2))
    y = np.where(X[:, 0] > 0, "yes", "no")
    chooser = TriLayerClassifierCV(hidden_units=1, l2s=[1.0, 2.0], n_starts=1, random_state=0)
    with warnings.catch_warnings(action="ignore"):
        model = make_pipeline(StandardScaler(), chooser).fit(X, y)
    return [pipeline_contents(), contents(encode(record())), contents(encode(record_of(model)))]


def _law(data):
    try:
        loaded = decode(data)
        with warnings.catch_warnings(action="ignore"):
            model = restore(loaded)
    except ModelFileError:
        return
    again = encode(loaded)
    assert encode(decode(again)) == again
    _facts(loaded)  # `inspect` can say it
    with warnings.catch_warnings(action="ignore"):
        _predicts(loaded, model)


def _predicts(loaded, model):
    rows = TABLE
    if loaded.encoder is None:
        rows = np.zeros((2, loaded.params.n1))
    try:
        probabilities = model.predict_proba(rows)
    except InputError:
        return  # an encoder of another table, or numbers too large for it
    except ValueError as error:  # scikit-learn's, of a scaler of zero
        if "infinity" not in str(error):
            raise
        return
    assert np.all(np.isfinite(probabilities))
    assert np.all(np.abs(probabilities.sum(axis=1) - 1) < 1e-6)
