"""Lies of the arrays, under a checksum that is right."""

import numpy as np

from trilayer.params import Params

from .forge import contents, described, encode, lie, record, sealed, with_arrays

W1, b1 = np.ones((2, 2)), np.ones((2, 1))


@lie("the tensor W1 is missing")
def no_W1() -> bytes:
    """A network without its first matrix."""
    return with_arrays(W1=None)


@lie("the tensor check.Z2 is missing")
def no_expected_logits() -> bytes:
    """Check rows that check nothing."""
    return with_arrays(check_Z2=None)


@lie("the tensor 'extra' does not belong there")
def a_tensor_more() -> bytes:
    """Data that nobody reads."""
    return with_arrays(extra=b1)


@lie("the tensor 'encoder.x' does not belong there")
def an_encoder_of_a_classifier() -> bytes:
    """An encoder's array where there is no encoder."""
    return with_arrays(encoder_x=b1)


@lie("W1 has the dtype int64")
def integers() -> bytes:
    """Whole numbers as weights."""
    return with_arrays(W1=W1.astype(np.int64))


@lie("W1 has the dtype bool")
def booleans() -> bytes:
    """Switches as weights."""
    return with_arrays(W1=W1.astype(bool))


@lie("b1 has another dtype than W1")
def mixed_dtypes() -> bytes:
    """A float32 matrix among float64."""
    return with_arrays(b1=b1.astype(np.float32))


@lie("check.X has another dtype than W1")
def check_rows_of_another_dtype() -> bytes:
    """Check rows that would be computed in another precision."""
    tensors, description = contents()
    tensors["check.X"] = tensors["check.X"].astype(np.float32)
    return sealed(tensors, description)


@lie("b1 must be 2 x 1 beside a W1 of 2 x 2")
def wrong_bias() -> bytes:
    """One bias too many."""
    return with_arrays(b1=np.ones((3, 1)))


@lie("b1 must be 2 x 1")
def flat_bias() -> bytes:
    """A vector where the derivation has a column: it would broadcast into nonsense."""
    return with_arrays(b1=np.ones(2))


@lie("W1 must be n1 x n2")
def no_inputs() -> bytes:
    """A network of nothing."""
    return with_arrays(W1=np.ones((0, 2)))


@lie("W1 must be n1 x n2")
def scalar_W1() -> bytes:
    """An array without dimensions."""
    return with_arrays(W1=np.array(1.0))


@lie("W1 holds NaN or infinity")
def nan_weight() -> bytes:
    """A network that answers NaN."""
    return with_arrays(W1=W1 * [[1, np.nan], [1, 1]])


@lie("b2 holds NaN or infinity")
def infinite_bias() -> bytes:
    """A network that always says yes."""
    return with_arrays(b2=np.array([[np.inf]]))


@lie("check.X holds NaN or infinity")
def nan_check_row() -> bytes:
    """A check row that compares as false with everything."""
    return with_arrays(check_X=np.full((2, 4), np.nan))


@lie("do not give the logits it states")
def other_logits() -> bytes:
    """Logits a little beside those of the network."""
    tensors, _ = contents()
    return with_arrays(check_Z2=tensors["check.Z2"] + 1e-7)


@lie("do not give the logits it states")
def other_weights() -> bytes:
    """Another network under the check rows of this one."""
    tensors, _ = contents()
    return with_arrays(W1=tensors["W1"] * 1.001)


@lie(r"check.X has the shape \(3, 4\) beside 2 inputs")
def check_rows_of_another_width() -> bytes:
    """Rows the network cannot take."""
    return with_arrays(check_X=np.ones((3, 4)))


@lie(r"check.X has the shape \(2, 0\)")
def no_check_rows() -> bytes:
    """None at all: every network would agree."""
    return with_arrays(check_X=np.ones((2, 0)), check_Z2=np.ones((1, 0)))


@lie(r"check.X has the shape \(2, 65\)")
def too_many_check_rows() -> bytes:
    """Work for the loader."""
    return with_arrays(check_X=np.ones((2, 65)), check_Z2=np.ones((1, 65)))


@lie(r"check.Z2 has the shape \(1, 3\) beside 4 check rows")
def too_few_logits() -> bytes:
    """A row without its logit."""
    return with_arrays(check_Z2=np.ones((1, 3)))


@lie("give no finite logits")
def overflowing_weights() -> bytes:
    """Finite weights whose sum is not."""
    huge = np.full((2, 1), 1.7e308)
    return with_arrays(W2=huge, b2=np.array([[1.7e308]]), check_Z2=np.zeros((1, 4)))


@lie("it names 2 features for 3 inputs")
def names_for_another_width() -> bytes:
    """A sound network of three inputs with two names."""
    params = Params(np.ones((3, 1)), np.ones((1, 1)), np.ones((1, 1)), np.ones((1, 1)))
    return encode(record(params, feature_names=("a", "b")))


@lie("a pipeline, and nothing else, describes an encoder")
def pipeline_without_encoder() -> bytes:
    """Called a pipeline, and there is nothing before the network."""
    tensors, description = contents()
    description |= {"kind": "pipeline", "steps": ["a", "b"]}
    return sealed(tensors, description)


@lie("a pipeline, and nothing else, describes an encoder")
def classifier_with_encoder() -> bytes:
    """Called a classifier, and describes an encoder that would be left out."""
    return described("encoder", value={})
