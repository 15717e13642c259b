import contextlib
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import safetensors
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from trilayer import Params, TriLayerClassifier, load, save
from trilayer.errors import ModelFileError
from trilayer.modelfile import FORMAT, read
from trilayer.modelfile.container import pack, unpack

LABELS = {
    "int": np.array([0, 1]),
    "int8": np.array([-3, 100], np.int8),
    "big": np.array([-(2**62) - 1, 2**62 + 1]),
    "uint64": np.array([0, 2**64 - 1], np.uint64),
    "bool": np.array([False, True]),
    "float": np.array([-1.0, 2.0**60]),
    "float32": np.array([1.0, 2.0], np.float32),
    "text": np.array(["no", "yes"]),
    "wide": np.array(["", "是"], "<U9"),
    "object": np.array(["a longer label", "b"], dtype=object),
}


def fitted(n1=3, labels=LABELS["text"], m=40, seed=0, **settings):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(m, n1)).astype(settings.get("dtype") or np.float64)
    y = labels[(X.sum(axis=1) > 0).astype(int)]
    y[:2] = labels  # so that both occur
    settings = {"hidden_units": 2, "max_iter": 3, "tol": 0, "random_state": 0} | settings
    return TriLayerClassifier(**settings).fit(X, y), X


def attributes(model):
    return {name: value for name, value in vars(model).items() if name.endswith("_")}


def assert_same(model, loaded):
    assert type(loaded) is type(model)
    kept, again = attributes(model), attributes(loaded)
    assert again.keys() == kept.keys()
    for name, value in kept.items():
        if name == "params_":
            for matrix in ("W1", "b1", "W2", "b2"):
                ours, theirs = getattr(value, matrix), getattr(again[name], matrix)
                assert ours.dtype == theirs.dtype
                assert ours.tobytes() == theirs.tobytes()
        elif isinstance(value, np.ndarray):
            assert again[name].dtype == value.dtype
            np.testing.assert_array_equal(again[name], value)
        else:
            assert again[name] == value
            assert type(again[name]) is type(value)
    assert loaded.get_params() == model.get_params()


# ---- there and back --------------------------------------------------------------------


@given(
    st.integers(1, 5),
    st.integers(0, 4),
    st.sampled_from([None, "float32", "float64"]),
    st.sampled_from(sorted(LABELS)),
    st.integers(0, 2**32 - 1),
)
def test_a_loaded_model_is_the_saved_one(tmp_path_factory, n1, n2, dtype, labels, seed):
    model, X = fitted(n1, LABELS[labels], hidden_units=n2, dtype=dtype, random_state=seed)
    path = tmp_path_factory.mktemp("there") / "and-back.safetensors"
    save(model, path)
    loaded = load(path)
    assert_same(model, loaded)
    assert loaded.predict(X).dtype == model.predict(X).dtype
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
    np.testing.assert_array_equal(loaded.decision_function(X), model.decision_function(X))


@pytest.mark.parametrize(
    "settings",
    [
        {"class_weight": {"no": 2, "yes": np.float64(0.5)}},
        {"class_weight": "balanced", "max_seconds": 1e9},
        {"early_stopping": "auc", "solver": "adam", "batch_size": np.int64(7), "shuffle": False},
        {"l2": np.float32(0.1), "n_threads": 1},
    ],
)
def test_hyper_parameters_come_back(tmp_path, settings):
    model, _ = fitted(**settings)
    save(model, tmp_path / "m")
    assert_same(model, load(tmp_path / "m"))
    assert load(tmp_path / "m").fit(*two_rows()).get_params() == model.get_params()


def two_rows():
    rng = np.random.default_rng(3)
    return rng.normal(size=(40, 3)), np.repeat(["no", "yes"], 20)


def test_class_weights_keep_the_type_of_their_labels(tmp_path):
    model, _ = fitted(labels=LABELS["int"], class_weight={0: 1.0, 1: 2.0})
    save(model, tmp_path / "m")
    assert [type(key) for key in load(tmp_path / "m").class_weight] == [int, int]


def test_what_json_cannot_say_is_left_out(tmp_path):
    model, _ = fitted()
    start = model.params_
    model.set_params(
        init=start,
        random_state=np.random.RandomState(0),
        dtype=np.dtype("float64"),
        class_weight={("a", "tuple"): 1.0},
    )
    save(model, tmp_path / "m")
    loaded = load(tmp_path / "m").get_params()
    assert loaded == model.get_params() | {
        "init": None, "random_state": None, "dtype": "float64", "class_weight": None,
    }  # fmt: skip


@pytest.mark.parametrize("dtype", [np.float32, np.dtype("float32"), "float32"])
def test_any_way_to_say_float32_comes_back(tmp_path, dtype):
    model, _ = fitted(dtype=dtype)
    save(model, tmp_path / "m")
    assert load(tmp_path / "m").dtype == "float32"


def test_names_of_inputs_come_back_and_are_checked_again(tmp_path):
    rows, y = two_rows()
    table = pd.DataFrame(rows, columns=["a", "b ", "ñ"])
    model = TriLayerClassifier(max_iter=3, tol=0).fit(table, y)
    save(model, tmp_path / "m")
    loaded = load(tmp_path / "m")
    assert_same(model, loaded)
    np.testing.assert_array_equal(loaded.predict(table), model.predict(table))
    with pytest.raises(ValueError, match="feature names"):
        loaded.predict(table[["b ", "a", "ñ"]])


def test_a_loaded_model_warm_starts_where_it_was(tmp_path):
    model, X = fitted(warm_start=True)
    y = model.predict(X)
    save(model, tmp_path / "m")
    loaded = load(tmp_path / "m")
    np.testing.assert_array_equal(loaded.fit(X, y).params_.W1, model.fit(X, y).params_.W1)


def test_the_record_has_what_the_caller_gave(tmp_path):
    model, X = fitted()
    summary = {"auc": np.float64(0.5), "curve": np.arange(3), "ok": True, "note": None}
    save(
        model, tmp_path / "m", positive="no", threshold=0.25, summary=summary,
        fingerprint=("sha256", 1), check_rows=X[:5],
    )  # fmt: skip
    found = read(tmp_path / "m")
    assert (found.kind, found.positive, found.threshold) == ("classifier", "no", 0.25)
    assert found.summary == {"auc": 0.5, "curve": [0, 1, 2], "ok": True, "note": None}
    assert found.fingerprint == ["sha256", 1]
    np.testing.assert_array_equal(found.check_X, X[:5].T)
    np.testing.assert_allclose(found.check_Z2[0], model.decision_function(X[:5]), rtol=1e-12)
    assert found.versions.keys() == {"trilayer", "numpy", "scikit-learn", "python"}
    assert found.training["stop_reason"] == model.stop_reason_
    assert (found.encoder, found.steps, found.feature_names) == (None, None, None)


def test_the_positive_class_is_the_second_by_default(tmp_path):
    save(fitted(labels=LABELS["bool"])[0], tmp_path / "m")
    assert read(tmp_path / "m").positive is True


def test_a_model_without_a_history_can_be_saved(tmp_path):
    model = TriLayerClassifier()
    model.params_, model.classes_ = fitted()[0].params_, np.array([0, 1])
    model.n_features_in_ = 3
    save(model, tmp_path / "m")
    assert_same(model, load(tmp_path / "m"))


# ---- the file ----------------------------------------------------------------------------


def test_the_same_model_gives_the_same_bytes(tmp_path):
    # Names in random order are random by process: PYTHONHASHSEED differs in this one.
    script = "import sys; from trilayer import load, save; save(load(sys.argv[1]), sys.argv[2])"
    first, second, third = (tmp_path / name for name in "abc")
    model, _ = fitted(class_weight={"no": 1.0, "yes": 2.0})
    save(model, first)
    save(model, second)
    subprocess.run([sys.executable, "-c", script, first, third], check=True)
    assert first.read_bytes() == second.read_bytes() == third.read_bytes()


def test_the_safetensors_library_reads_the_same_arrays(tmp_path):
    model, _ = fitted(dtype="float32")
    save(model, tmp_path / "m")
    arrays = safetensors.numpy.load_file(tmp_path / "m")
    assert set(arrays) == {"W1", "b1", "W2", "b2", "check.X", "check.Z2"}
    np.testing.assert_array_equal(arrays["W1"], model.params_.W1)
    with safetensors.safe_open(tmp_path / "m", "numpy") as file:
        assert set(file.metadata()) == {"trilayer", "sha256"}
        assert f'"format":{FORMAT},' in file.metadata()["trilayer"]


VIEWS = {
    "transposed": lambda a: np.ascontiguousarray(a.T).T,
    "strided": lambda a: np.repeat(np.repeat(a, 2, axis=0), 3, axis=1)[::2, ::3],
    "reversed": lambda a: a[::-1, ::-1].copy()[::-1, ::-1],
    "big-endian": lambda a: a.astype(a.dtype.newbyteorder(">")),
    "read-only": lambda a: np.frombuffer(a.tobytes()).reshape(a.shape),
}


@pytest.mark.parametrize("view", VIEWS)
def test_memory_order_does_not_matter(view):
    plain = {"W1": np.arange(12.0).reshape(3, 4), "b1": np.arange(4.0).reshape(4, 1)}
    seen = {name: VIEWS[view](array) for name, array in plain.items()}
    assert pack(seen, "x") == pack(plain, "x")
    np.testing.assert_array_equal(unpack(pack(seen, "x")).tensors["W1"], plain["W1"])


def test_params_that_are_views_are_saved_as_their_numbers(tmp_path):
    model, X = fitted()
    expected = model.decision_function(X)
    model.params_ = Params(*(VIEWS["transposed"](a) for a in vars(model.params_).values()))
    save(model, tmp_path / "m")
    np.testing.assert_allclose(load(tmp_path / "m").decision_function(X), expected, rtol=1e-12)


def test_every_dtype_of_the_container_comes_back():
    codes = ["f8", "f4", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "?"]
    arrays = {code: np.array([[0, 1, 1]], dtype=code) for code in codes}
    arrays |= {"empty": np.zeros((0, 3)), "scalar": np.array(2.0)}
    back = unpack(pack(arrays, "")).tensors
    for name, array in arrays.items():
        assert back[name].dtype == array.dtype
        np.testing.assert_array_equal(back[name], array)


@pytest.mark.parametrize("dtype", [object, "U3", "c16", "M8[s]", "f2"])
def test_other_dtypes_are_refused_by_name(dtype):
    with pytest.raises(ModelFileError, match="cannot hold an array of dtype"):
        pack({"x": np.zeros(2, dtype)}, "")


@pytest.mark.parametrize(("dtype", "factor"), [("float32", 1e-5), ("float64", 1e-9)])
def test_check_rows_tell_a_change_from_rounding(tmp_path, dtype, factor):
    model, X = fitted(dtype=dtype)
    save(model, tmp_path / "m", check_rows=X[:4])
    container = unpack((tmp_path / "m").read_bytes())
    for change, is_rounding in [(0.3 * factor, True), (100 * factor, False)]:
        Z2 = container.tensors["check.Z2"] * (1 + change) + change
        data = pack(container.tensors | {"check.Z2": Z2.astype(dtype)}, container.text)
        (tmp_path / "m").write_bytes(data)
        with contextlib.nullcontext() if is_rounding else pytest.raises(ModelFileError):
            load(tmp_path / "m")


# ---- what cannot be saved -----------------------------------------------------------------


@pytest.mark.parametrize(
    "model",
    [
        LogisticRegression(),
        make_pipeline(StandardScaler(), LogisticRegression()),
        None,
    ],
)
def test_other_models_are_refused(tmp_path, model):
    with pytest.raises(ModelFileError, match="a model file holds a TriLayerClassifier, a TriLayer"):
        save(model, tmp_path / "m")


def test_a_model_that_is_not_fitted_is_refused(tmp_path):
    pipeline = make_pipeline(StandardScaler(), TriLayerClassifier())
    for model in (TriLayerClassifier(), pipeline, make_pipeline(TriLayerClassifier())):
        with pytest.raises(NotFittedError):
            save(model, tmp_path / "m")


BOTTOMLESS = []
BOTTOMLESS.append(BOTTOMLESS)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"threshold": 1.5}, "threshold is not a finite number between 0 and 1"),
        ({"threshold": "half"}, "threshold is not a number"),
        ({"threshold": np.nan}, "cannot be written as JSON"),
        ({"positive": "perhaps"}, "positive must be one of the classes"),
        ({"summary": object()}, "a object has no JSON form"),
        ({"summary": {1: "a", "b": 2}}, "cannot be written as JSON"),
        ({"summary": BOTTOMLESS}, "cannot be written as JSON"),
        ({"summary": [[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]}, "nested more than 16 deep"),
        ({"fingerprint": np.inf}, "cannot be written as JSON"),
        ({"fingerprint": "\ud800"}, "fingerprint is not valid Unicode"),
        ({"check_rows": [["a", "b", "c"]]}, "check_rows are not rows of numbers"),
        ({"check_rows": [[1.0, 2.0]]}, r"check_rows have the shape \(1, 2\) beside 3 inputs"),
        ({"check_rows": np.zeros((65, 3))}, "check.X has the shape"),
        ({"check_rows": [[1.0, 2.0, np.nan]]}, "holds NaN or infinity"),
    ],
)
def test_what_could_not_be_loaded_is_not_saved(tmp_path, options, words):
    with pytest.raises(ModelFileError, match=words) as refusal:
        save(fitted()[0], tmp_path / "m", **options)
    assert str(refusal.value).startswith(f"cannot save '{tmp_path / 'm'}': ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"classes_": np.array([b"a", b"b"])}, "classes of dtype"),
        ({"classes_": np.array([None, 1], dtype=object)}, "classes of dtype object"),
        ({"classes_": np.array([0, 1, 2])}, "has more than 2 elements"),
        ({"params_": Params(np.full((3, 2), np.nan), [[0], [0]], [[1], [1]], [[0]])}, "NaN"),
        ({"l2": "much"}, "a hyper-parameter cannot be"),
        ({"max_iter": 10**30}, "integer of 31 digits"),
        ({"loss_curve_": [np.nan]}, "cannot be written as JSON"),
    ],
)
def test_a_broken_model_is_not_saved(tmp_path, change, words):
    model, _ = fitted()
    vars(model).update(change)
    with pytest.raises(ModelFileError, match=words):
        save(model, tmp_path / "m")
    assert list(tmp_path.iterdir()) == []
