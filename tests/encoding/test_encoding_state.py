"""An encoder's state: plain arrays and JSON, that come back the same or not at all."""

import contextlib
import copy
import json
import warnings

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trilayer.encoding import TableEncoder
from trilayer.errors import InputError, ModelFileError

TABLE = pa.table(
    {
        "n": pa.array([1.5, None, 3.0, 4.5] * 5),
        "c": pa.array([*(["ä", "b", None, "ä"] * 5)[:-1], "rare"]),
        "k": pa.array(["u", "v"] * 7 + ["w", "w", "w", "x", "y", "z"]),
        "d": pa.array([0, 1, 400, 9000] * 5, pa.date32()),
        "b": pa.array([True, False] * 10),
        "flag": pa.array(["yes", None] * 10),
        "id": pa.array([f"u{i}" for i in range(20)]),
        "void": pa.nulls(20),
    }
)
ENCODER = TableEncoder(categorical=["c"], drop=["void"], min_count=4, dtype="float32").fit(TABLE)
ARRAYS, SPEC = ENCODER.to_state()


def fresh():
    return {name: array.copy() for name, array in ARRAYS.items()}, copy.deepcopy(SPEC)


def test_it_comes_back_the_same():
    arrays, spec = ARRAYS, json.loads(json.dumps(SPEC, allow_nan=False))
    again = TableEncoder.from_state(arrays, spec)
    assert again.transform(TABLE).tobytes() == ENCODER.transform(TABLE).tobytes()
    assert again.get_params() == {**ENCODER.get_params(), "categorical": ("c",), "drop": ("void",)}
    assert again.describe() == ENCODER.describe()
    assert again.dropped_ == ENCODER.dropped_
    assert again.columns_ == ENCODER.columns_
    assert again.n_features_in_ == 8
    assert again.feature_names_in_.tolist() == TABLE.column_names
    assert again.to_state()[1] == SPEC


def test_the_arrays_are_numbers():
    kinds = {name: (array.dtype.name, array.ndim) for name, array in ARRAYS.items()}
    assert kinds == {
        "centers": ("float64", 1),
        "scales": ("float64", 1),
        "edges": ("float64", 1),
        "edge_offsets": ("int64", 1),
        "levels": ("uint8", 1),
        "level_offsets": ("int64", 1),
        "counts": ("int64", 1),
    }


def test_arrays_without_names_come_back_without():
    X = np.arange(12.0).reshape(4, 3)
    encoder = TableEncoder().fit(X)
    again = TableEncoder.from_state(*encoder.to_state())
    assert not hasattr(again, "feature_names_in_")
    np.testing.assert_array_equal(again.transform(X), encoder.transform(X))


def as_version_1(arrays, spec):
    """What version 1 would have written of this, without what it did not know."""
    plain = {name: arrays[name] for name in ("scales", "levels", "level_offsets")}
    spec = {**spec, "version": 1, "parameters": {**spec["parameters"]}}
    del spec["parameters"]["max_bins"]
    spec["columns"] = [
        {k: v for k, v in each.items() if k != "counted"} for each in spec["columns"]
    ]
    return {**plain, "means": arrays["centers"]}, spec


OLD = TableEncoder(max_bins=0).fit(TABLE.drop_columns(["k"]))
OLD_ARRAYS, OLD_SPEC = as_version_1(*OLD.to_state())


def test_version_1_comes_back_without_bins():
    again = TableEncoder.from_state(OLD_ARRAYS, OLD_SPEC)
    assert again.columns_ == OLD.columns_
    assert again.max_bins == 0
    assert again.transform(TABLE).tobytes() == OLD.transform(TABLE).tobytes()
    arrays, spec = again.to_state()
    assert spec["version"] == 2
    assert TableEncoder.from_state(arrays, spec).columns_ == OLD.columns_


@pytest.mark.parametrize(
    ("words", "change"),
    {
        "has not the arrays": lambda a, _: a.update(centers=a["means"]),
        "means is no 1-D array of float64": lambda a, _: a.update(means=None),
        "a column has not the fields": lambda _, s: s["columns"][0].update(counted=0),
        "a column is no object": lambda _, s: s["columns"].__setitem__(0, 1),
        "the parameters has not the fields": lambda _, s: s["parameters"].update(max_bins=0),
        "a center is not finite": lambda a, _: a["means"].__setitem__(0, np.inf),
        "there are fewer centers": lambda a, _: a.update(
            means=a["means"][1:], scales=a["scales"][1:]
        ),
    }.items(),
)
def test_lies_of_version_1_are_refused(words, change):
    arrays, spec = {k: v.copy() for k, v in OLD_ARRAYS.items()}, copy.deepcopy(OLD_SPEC)
    change(arrays, spec)
    with pytest.raises(ModelFileError, match=words):
        TableEncoder.from_state(arrays, spec)


def lie(change):
    arrays, spec = fresh()
    change(arrays, spec)
    with pytest.raises(ModelFileError) as caught:
        TableEncoder.from_state(arrays, spec)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def column(spec, name):
    return next(record for record in spec["columns"] if record["name"] == name)


def put(name, place, value):
    return lambda arrays, _: arrays[name].__setitem__(place, value)


def take(name, places):
    return lambda arrays, _: arrays.update({name: arrays[name][places]})


ARRAY_LIES = {
    "centers is no 1-D array of float64": lambda a, _: a.update(centers=a["centers"].astype("f4")),
    "scales is no 1-D array of float64": lambda a, _: a.update(scales=a["scales"][None]),
    "levels is no 1-D array of uint8": lambda a, _: a.update(levels=b"text"),
    "level_offsets is no 1-D array of int64": lambda a, _: a.update(
        level_offsets=a["level_offsets"].astype(">i8")
    ),
    "counts is no 1-D array of int64": lambda a, _: a.update(counts=a["counts"] * 1.0),
    "has not the arrays it should": lambda a, _: a.pop("levels"),
    "has not the arrays": lambda a, _: a.update(more=a["centers"]),
    "centers and scales differ in length": take("centers", slice(1, None)),
    "a center is not finite": put("centers", 0, np.nan),
    "a scale is not positive": put("scales", 0, 0.0),
    "scale is not positive": put("scales", 0, np.inf),
    "an edge is not finite": put("edges", 2, np.inf),
    "the edges of a part do not increase": put("edges", 1, 1e9),
    "edges of a part do not increase": put("edges", 1, 1970.0),
    "the edges of a part are too far apart": lambda a, _: a["edges"].__setitem__(
        slice(0, 3), [-1.7e308, 1.7e308, 1.75e308]
    ),
    "a part has edges, but not two bins": lambda a, _: (
        a.update(edges=a["edges"][1:]),
        a["edge_offsets"].__isub__(a["edge_offsets"] > 0),
    ),
    "edge_offsets does not begin with 0": put("edge_offsets", 0, 1),
    "edge_offsets decreases": put("edge_offsets", 2, 99),
    "edge_offsets does not end where edges ends": take("edges", slice(1, None)),
    "edge_offsets and centers differ in length": lambda a, _: a.update(
        edge_offsets=np.append(0, a["edge_offsets"])
    ),
    "column 'k' has bins, but no numbers": lambda a, _: a["edge_offsets"].__setitem__(
        slice(2, 3), 3
    ),
    "level_offsets does not begin with 0": put("level_offsets", 0, 1),
    "offsets does not begin with 0": lambda a, _: a.update(level_offsets=np.zeros(0, np.int64)),
    "level_offsets decreases": put("level_offsets", 1, 99),
    "a level is empty": put("level_offsets", 1, 0),
    "level_offsets does not end where levels ends": take("levels", slice(1, None)),
    "column 'b' is not scaled as truth values are": put("scales", -1, 2.0),
    "a level in this file is not UTF-8 text": put("levels", 0, 255),
    "column 'k' has a level twice": put("levels", -1, ord("u")),
    "there are fewer centers than parts": lambda a, _: a.update(
        centers=a["centers"][:-1], scales=a["scales"][:-1], edge_offsets=a["edge_offsets"][:-1]
    ),
    "there are more centers, levels, counts or odds": lambda a, _: a.update(
        counts=np.append(a["counts"], 1)
    ),
    "there are fewer levels than the columns claim": lambda a, _: a.update(
        levels=np.zeros(0, np.uint8), level_offsets=np.zeros(1, np.int64)
    ),
    "a count is not positive": put("counts", 0, 0),
    "there are fewer counts than levels with a frequency": take("counts", slice(1, None)),
    "column 'k' counts more values than there were rows": put("counts", 0, 21),
}

SPEC_LIES = {
    "column 'n' is written in no known form": lambda _, s: s["columns"][0].update(form=""),
    "column 'n' is written in no known": lambda _, s: s["columns"][0].update(form="dmy"),
    "form of a column is not of type str": lambda _, s: s["columns"][0].update(form=1),
    "missing has an entry twice": lambda _, s: s["parameters"].update(missing=["a", "a"]),
    "a list of columns is empty": lambda _, s: s["parameters"].update(date=[]),
    "decimal is no sign for decimals": lambda _, s: s["parameters"].update(decimal=";"),
    "thousands is no such sign": lambda _, s: s["parameters"].update(thousands="x"),
    "dayfirst of the parameters is not of type bool": lambda _, s: s["parameters"].update(
        dayfirst=1
    ),
    "the description has not the fields": lambda _, s: s.pop("clip"),
    "description has not the fields": lambda _, s: s.update(more=1),
    "version of the description is not of type int": lambda _, s: s.update(version=True),
    "its version is neither 1 nor 2": lambda _, s: s.update(version=3),
    "n_rows of the description is out of range": lambda _, s: s.update(n_rows=-1),
    "n_rows of the description is out": lambda _, s: s.update(n_rows=10**30),
    "clip of the description is not finite": lambda _, s: s.update(clip=float("nan")),
    "clip is out of range": lambda _, s: s.update(clip=-8.0),
    "clip is out of": lambda _, s: s.update(clip=1e300),
    "names of the description is not of type list": lambda _, s: s.update(names="ncd"),
    "an entry of names is not of type str": lambda _, s: s["names"].__setitem__(0, 1),
    "an entry of names is not text": lambda _, s: s["names"].__setitem__(0, "\ud800"),
    "names has an entry twice": lambda _, s: s["names"].__setitem__(0, "c"),
    "columns and names disagree": lambda _, s: s["names"].reverse(),
    "columns and dropped are not all names": lambda _, s: s["names"].append("more"),
    "a column is both used and dropped": lambda _, s: (
        s["dropped"].insert(0, ["n", "why"]),
        s["names"].append("more"),
    ),
    "dropped and names disagree": lambda _, s: s["dropped"].reverse(),
    "a dropped column is no pair": lambda _, s: s["dropped"].append(["n"]),
    "a dropped column is not of type str": lambda _, s: s["dropped"].__setitem__(0, [1, "why"]),
    "a reason is not of type str": lambda _, s: s["dropped"].__setitem__(0, ["id", None]),
    "it has no columns": lambda _, s: s["columns"].clear(),
    "a column is no object": lambda _, s: s["columns"].__setitem__(0, []),
    "a column has not the fields": lambda _, s: s["columns"][0].pop("kind"),
    "missing of a column is not of type bool": lambda _, s: column(s, "n").update(missing=1),
    "column 'n' is of no known kind": lambda _, s: column(s, "n").update(kind="text"),
    "column 'n' has parts that its kind has not": lambda _, s: column(s, "n").update(
        parts=["year"]
    ),
    "column 'd' has parts that its kind": lambda _, s: column(s, "d")["parts"].reverse(),
    "parts of column 'd' has an entry twice": lambda _, s: column(s, "d").update(
        parts=["year", "year"]
    ),
    "column 'n' has levels, but is no category": lambda _, s: column(s, "n").update(levels=1),
    "column 'b' has levels, but is": lambda _, s: column(s, "b").update(other=True),
    "column 'c' has more levels than it had": lambda _, s: column(s, "c").update(n_levels=1),
    "column 'k' has a frequency, but no rare levels": lambda _, s: column(s, "k").update(
        other=False
    ),
    "column 'k' counts levels for no frequency": lambda _, s: column(s, "k").update(parts=[]),
    "column 'd' has more bins than max_bins": lambda _, s: s["parameters"].update(max_bins=1),
    "column 'flag' has no levels but others": lambda _, s: column(s, "flag").update(other=True),
    "column 'n' misses more values than there were rows": lambda _, s: column(s, "n").update(
        n_missing=21
    ),
    "column 'n' misstates its missing values": lambda _, s: column(s, "n").update(missing=False),
    "column 'flag' becomes no input": lambda _, s: column(s, "flag").update(
        missing=False, n_missing=0
    ),
    "the parameters has not the fields": lambda _, s: s["parameters"].pop("drop"),
    "max_levels is not positive": lambda _, s: s["parameters"].update(max_levels=0),
    "min_count is not positive": lambda _, s: s["parameters"].update(min_count=0),
    "min_count of the parameters is not of type int": lambda _, s: s["parameters"].update(
        min_count=1.5
    ),
    "dtype is neither float32 nor float64": lambda _, s: s["parameters"].update(dtype="object"),
    "categorical has an entry twice": lambda _, s: s["parameters"].update(categorical=["a", "a"]),
}


@pytest.mark.parametrize("words", [*ARRAY_LIES, *SPEC_LIES])
def test_every_lie_has_its_sentence(words):
    assert words in lie({**ARRAY_LIES, **SPEC_LIES}[words])


@pytest.mark.parametrize("spec", [None, [], "spec", 1])
def test_what_is_no_description_at_all(spec):
    with pytest.raises(ModelFileError, match="the description is no object"):
        TableEncoder.from_state(ARRAYS, spec)
    with pytest.raises(ModelFileError, match="has not the arrays"):
        TableEncoder.from_state(spec, SPEC)


# ---- fuzzing -------------------------------------------------------------------------

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


def places(value, path=()):
    """Every place inside a JSON value."""
    yield path
    inside = value if isinstance(value, dict) else {}
    inside = dict(enumerate(value)) if isinstance(value, list) else inside
    for key, inner in inside.items():
        yield from places(inner, (*path, key))


def replaced(value, path, new):
    if not path:
        return new
    key, *rest = path
    copied = copy.copy(value)
    copied[key] = replaced(value[key], tuple(rest), new)
    return copied


def check(arrays, spec):
    try:
        encoder = TableEncoder.from_state(arrays, spec)
    except ModelFileError:
        return
    again, again_spec = encoder.to_state()
    assert again_spec == spec
    assert {k: v.tobytes() for k, v in again.items()} == {k: v.tobytes() for k, v in arrays.items()}
    # A description may tell of another table: then this one is refused, in words.
    with warnings.catch_warnings(action="ignore"), contextlib.suppress(InputError):
        assert np.isfinite(encoder.transform(TABLE)).all()
    assert len(encoder.describe()) == len(spec["names"])


@given(st.data())
def test_no_description_does_harm(data):
    arrays, spec = fresh()
    for _ in range(data.draw(st.integers(1, 3))):
        found = list(places(spec))
        path = data.draw(st.sampled_from(found))
        small = st.integers(0, 3) | st.booleans() | st.sampled_from(["", "n", "c", "date"])
        spec = replaced(spec, path, data.draw(anything | small))
    check(arrays, spec)


@given(st.data())
def test_no_arrays_do_harm(data):
    arrays, spec = fresh()
    for _ in range(data.draw(st.integers(1, 3))):
        name = data.draw(st.sampled_from(sorted(arrays)))
        raw = bytearray(arrays[name].tobytes())
        if data.draw(st.booleans()):
            raw = raw[: data.draw(st.integers(0, len(raw) // 8)) * 8]
        elif raw:
            raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
        arrays[name] = np.frombuffer(bytes(raw), arrays[name].dtype)
    check(arrays, spec)
