"""Which rows are held out: each label its share, by the order of the rows and nothing else."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trilayer.sources.split import Split


def seen(labels, counts, share, sizes, seed=0, positive=None):
    """Show a split rows in blocks of these sizes, again and again; return what is held out."""
    split, at, k = Split(seed, share, positive), 0, 0
    while at < len(labels):
        size = sizes[k % len(sizes)]
        split.see(pa.array(labels[at : at + size]), counts[at : at + size])
        at, k = at + size, k + 1
    return split


@given(
    m=st.integers(1, 400), share=st.sampled_from([0.0, 0.1, 0.2, 1 / 3, 0.29, 0.5, 0.77]),
    sizes=st.lists(st.integers(1, 90), min_size=1, max_size=5), seed=st.integers(0, 3),
)  # fmt: skip
def test_however_the_rows_are_cut_the_same_are_held_out(m, share, sizes, seed):
    rng = np.random.default_rng(m)
    labels = rng.choice(["a", "b", None], m, p=[0.6, 0.3, 0.1]).tolist()
    counts = np.array([label is not None for label in labels]) & (rng.random(m) < 0.9)
    split, whole = (seen(labels, counts, share, cut, seed) for cut in (sizes, [m]))
    held = whole.is_held(0, m)
    assert np.array_equal(split.is_held(0, m), held)
    assert not np.any(held & ~counts)
    for first, count in ((m // 3, m - m // 3), (m // 2, 1), (0, m // 2)):
        assert np.array_equal(whole.is_held(first, count), held[first : first + count])
        assert np.array_equal(whole.is_learnt(first, count), ~held[first : first + count])
    for label in ("a", "b"):
        of_label = np.array([other == label for other in labels]) & counts
        assert abs(np.sum(held & of_label) - share * of_label.sum()) <= 1


@given(m=st.integers(1, 300), sizes=st.lists(st.integers(1, 90), min_size=1, max_size=5))
def test_one_label_against_the_rest_is_split_as_two_labels_are(m, sizes):
    rng = np.random.default_rng(m)
    labels, ones = rng.choice(["a", "b", "c", "d"], m).tolist(), np.ones(m, dtype=bool)
    two = ["a" if label == "a" else "rest" for label in labels]
    many = seen(labels, ones, 0.2, sizes, positive="a")
    assert np.array_equal(many.is_held(0, m), seen(two, ones, 0.2, [m]).is_held(0, m))


def test_another_seed_holds_out_other_rows_and_every_place_in_a_group_comes_up():
    labels, counts = ["x"] * 5000, np.ones(5000, dtype=bool)
    one, two = (seen(labels, counts, 0.2, [5000], seed).is_held(0, 5000) for seed in (1, 2))
    assert one.sum() == two.sum() == 1000
    assert np.mean(one & two) < 0.06
    places = np.flatnonzero(one) % 5
    assert np.bincount(places, minlength=5).min() > 150


@pytest.mark.parametrize("labels", [[1, 0, 1.0, 0.0] * 5, [True, False] * 10])
def test_labels_are_what_they_are_equal_to(labels):
    ones = np.ones(len(labels), dtype=bool)
    halves = Split(0, 0.5)
    for part in (labels[:7], labels[7:]):
        halves.see(pa.array(part), ones[: len(part)])
    assert halves.is_held(0, len(labels)).sum() == pytest.approx(len(labels) / 2, abs=1)
