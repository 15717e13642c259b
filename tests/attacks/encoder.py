"""Lies about the encoder of a pipeline, under a checksum that is right.

What the encoder itself refuses is tested with it; here, that it is asked.
"""

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trilayer import TableEncoder
from trilayer.encoding.odds import Answers, folds_of
from trilayer.modelfile.record import encode
from trilayer.params import initialise

from .forge import contents, lie, record, sealed

TABLE = pd.DataFrame(
    {
        "age": [20.0, 30.0, None, 50.0] * 10,
        "job": ["a", "b", None, "c"] * 10,
        "ok": [True, False, True, True] * 10,
        "paid": ["$1", "$2,000", None, "$4"] * 10,
        "shop": [*("a" * 12), *(letter for letter in "bcdefghijklmno" for _ in range(2))],
        "town": ["u"] * 20 + ["v"] * 14 + ["w"] * 3 + ["x"] * 2 + ["y"],
    }
)


@cache
def sound_pipeline() -> bytes:
    """A sound file with an encoder in it."""
    answers = Answers(np.arange(40) // 2 % 2 == 1, folds_of(np.arange(40)))
    encoder = TableEncoder(min_count=4, missing=["unknown"], dayfirst=True)
    encoder.fit(TABLE, answers=answers)
    width = len(encoder.get_feature_names_out())
    params = initialise(width, 2, np.random.default_rng(0))
    return encode(record(params, encoder=encoder, steps=("encode", "classify")))


def pipeline_contents() -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Its tensors and description."""
    return contents(sound_pipeline())


@lie("a pipeline, and nothing else, describes an encoder")
def no_spec() -> bytes:
    """The encoder's arrays without their description."""
    tensors, description = pipeline_contents()
    return sealed(tensors, description | {"encoder": None})


@lie("encoder is not an object")
def spec_is_a_list() -> bytes:
    """A description of no fields."""
    tensors, description = pipeline_contents()
    return sealed(tensors, description | {"encoder": []})


@lie("its encoder is not sound")
def empty_spec() -> bytes:
    """A description that says nothing."""
    tensors, description = pipeline_contents()
    return sealed(tensors, description | {"encoder": {}})


@lie("its encoder is not sound")
def an_array_less() -> bytes:
    """Columns without their centers."""
    tensors, description = pipeline_contents()
    del tensors["encoder.centers"]
    return sealed(tensors, description)


@lie("its encoder is not sound")
def an_array_more() -> bytes:
    """An array that the encoder does not know."""
    tensors, description = pipeline_contents()
    return sealed(tensors | {"encoder.code": np.zeros(3)}, description)


@lie("the tensor 'code' does not belong there")
def a_tensor_of_nobody() -> bytes:
    """An array that is neither the network's nor the encoder's."""
    tensors, description = pipeline_contents()
    return sealed(tensors | {"code": np.zeros(3)}, description)


@lie("encoder.centers holds NaN or infinity")
def nan_center() -> bytes:
    """A column that becomes NaN."""
    tensors, description = pipeline_contents()
    tensors["encoder.centers"] = np.full_like(tensors["encoder.centers"], np.nan)
    return sealed(tensors, description)


@lie("encoder.odds holds NaN or infinity")
def odds_beyond_all() -> bytes:
    """A level that is certain."""
    tensors, description = pipeline_contents()
    tensors["encoder.odds"] = np.full_like(tensors["encoder.odds"], np.inf)
    return sealed(tensors, description)


@lie("its encoder is not sound: .*fewer odds than the columns claim")
def levels_without_odds() -> bytes:
    """Odds of fewer levels than there are."""
    tensors, description = pipeline_contents()
    tensors["encoder.odds"] = tensors["encoder.odds"][:-1]
    return sealed(tensors, description)


@lie("its encoder is not sound: .*written in no known form")
def a_form_of_nothing() -> bytes:
    """A column whose text is written in a way that there is not."""
    tensors, description = pipeline_contents()
    column = next(each for each in description["encoder"]["columns"] if "form" in each)
    column["form"] = "eval"
    return sealed(tensors, description)


@lie("its encoder is not sound: .*dropped")
def an_unknown_column() -> bytes:
    """A column of the table that is neither used nor dropped."""
    tensors, description = pipeline_contents()
    description["encoder"]["names"].append("income")
    return sealed(tensors, description)


@lie(r"its encoder makes \d+ inputs and its network takes 3")
def a_network_of_another_table() -> bytes:
    """A sound encoder before a sound network that does not fit it."""
    encoder = TableEncoder(min_count=4).fit(TABLE)
    params = initialise(3, 2, np.random.default_rng(0))
    return encode(record(params, encoder=encoder, steps=("encode", "classify")))


@lie("the tensor 'encoder.* does not belong there")
def pipeline_called_a_classifier() -> bytes:
    """The encoder left out by calling the pipeline a classifier."""
    tensors, description = pipeline_contents()
    return sealed(tensors, description | {"kind": "classifier", "encoder": None, "steps": None})
