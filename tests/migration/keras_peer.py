"""Trains Keras as each row of docs/migration.md spells it; prints what came of it as JSON.

A process of its own: JAX and forks do not go together.
"""

import json
import os
import re
import sys

os.environ |= {"KERAS_BACKEND": "jax", "JAX_ENABLE_X64": "1", "JAX_PLATFORMS": "cpu"}

import keras
import numpy as np
from keras.callbacks import EarlyStopping, ModelCheckpoint  # noqa: F401 - for the rows
from keras.layers import Dense
from keras.optimizers import SGD, Adam  # noqa: F401
from keras.regularizers import L2  # noqa: F401

OF_LAYERS = {"kernel_regularizer", "kernel_initializer"}
OF_COMPILE = {"loss", "optimizer"}


def run(code, data, n2):
    """Return weights before and after, the history and the predictions of one row."""
    X, y, X_val, y_val, w = (np.array(data[name]) for name in ("X", "y", "X_val", "y_val", "w"))
    names = {"X_val": X_val, "y_val": y_val, "w": w}
    layer, hidden = {}, f"Dense({n2}, activation='sigmoid', **layer)"
    built = {"loss": "binary_crossentropy", "optimizer": SGD(0.1, momentum=0.9, nesterov=True)}
    fit = {"epochs": 4, "batch_size": 16, "shuffle": False, "verbose": 0}
    if code.startswith("Dense("):
        hidden = code.replace(")", ", **layer)")
    elif re.match(r"[A-Z]", code):
        fit |= {"callbacks": [eval(code)], "validation_data": (X_val, y_val), "epochs": 80}
    else:
        for name, value in eval(f"dict({code})", globals(), names).items():
            where = layer if name in OF_LAYERS else built if name in OF_COMPILE else fit
            where[name] = value
    keras.utils.set_random_seed(0)
    output = Dense(1, activation="sigmoid", **layer)
    first = eval(hidden, globals(), {"layer": layer})
    model = keras.Sequential([keras.Input((X.shape[1],)), first, output])
    model.compile(**built)
    start = [each.tolist() for each in model.get_weights()]
    history = model.fit(X, y, **fit).history
    return {
        "start": start,
        "end": [each.tolist() for each in model.get_weights()],
        "history": history,
        "predict": model.predict(X, verbose=0)[:, 0].tolist(),
        "loss_at_end": model.evaluate(X, y, verbose=0, batch_size=len(X)),
    }


if __name__ == "__main__":
    keras.config.set_floatx("float64")
    given = json.load(sys.stdin)
    json.dump({code: run(code, given, given["n2"]) for code in given["rows"]}, sys.stdout)
