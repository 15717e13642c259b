"""`predict --spread`: intervals beside the probabilities, those of Python."""

import io

import numpy as np
import pytest
from pyarrow.csv import read_csv as read_arrow

from trilayer import load

from .conftest import make_people, type_in


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    """A table of few rows, and its model, as the defaults have it."""
    folder = tmp_path_factory.mktemp("few")
    frame = make_people(120)
    frame.to_csv(folder / "few.csv", index=False)
    words = ("--target", "buys", "--id", "row", "--drop", "name", "--l2", 5)
    said = type_in("train", folder / "few.csv", *words, "-o", folder / "few.model")
    assert said.code == 0, said.err
    return frame, folder


def table(said):
    assert said.code == 0, said.err
    return read_arrow(io.BytesIO(said.out.encode())).to_pandas()


def test_two_columns_more(few):
    frame, folder = few
    plain = table(type_in("predict", folder / "few.model", folder / "few.csv"))
    found = table(type_in("predict", folder / "few.model", folder / "few.csv", "--spread"))
    assert list(found) == ["logit", "probability", "label", "lower", "upper"]
    assert found[list(plain)].equals(plain)
    assert np.all(0 <= found.lower)
    assert np.all(found.lower <= found.probability)
    assert np.all(found.probability <= found.upper)
    assert np.all(found.upper <= 1)
    encoder, network = (step for _, step in load(folder / "few.model").steps)
    expected = network.predict_spread(encoder.inputs(frame))
    np.testing.assert_allclose(found[["lower", "upper"]], expected, rtol=1e-9)


def test_the_other_positive_has_the_rest(few):
    _, folder = few
    words = ("--target", "buys", "--id", "row", "--drop", "name", "--l2", 5, "--positive", "no")
    said = type_in("train", folder / "few.csv", *words, "-o", folder / "no.model")
    assert said.code == 0, said.err
    yes, no = (
        table(type_in("predict", folder / name, folder / "few.csv", "--spread"))
        for name in ("few.model", "no.model")
    )
    np.testing.assert_allclose(no.lower, 1 - yes.upper, rtol=1e-9, atol=1e-12)


def test_a_stream_keeps_the_same(few):
    _, folder = few
    words = ("--target", "buys", "--id", "row", "--drop", "name", "--l2", 5, "--stream")
    said = type_in("train", folder / "few.csv", *words, "-o", folder / "stream.model")
    assert said.code == 0, said.err
    assert (folder / "stream.model").read_bytes() == (folder / "few.model").read_bytes()


def test_a_model_without_one_is_refused(people, refused):
    said = refused("predict", people.model, people.csv, "--spread")
    assert "has nothing for --spread: it is there where at most 2,000 rows" in said


def test_a_name_that_a_bound_has_is_refused(people, refused):
    said = refused("predict", people.model, people.csv, "--spread", "--id", "lower")
    assert "--id lower: a column of the predictions has that name" in said
    said = refused("predict", people.model, people.csv, "--id", "lower")
    assert "a column of the predictions" not in said
