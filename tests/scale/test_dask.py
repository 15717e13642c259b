"""Laws of training on a cluster of real worker processes: the bits of memory, or one sentence."""

import warnings
from types import SimpleNamespace

import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from sklearn.exceptions import ConvergenceWarning

from scale.clusters import cluster, wait_for
from trilayer import TriLayerClassifier
from trilayer.encoding import TableEncoder
from trilayer.errors import InputError, TableError
from trilayer.params import pack
from trilayer.sources.arrow import open_source
from trilayer.sources.cache import cached
from trilayer.sources.dask import dask_source

M = 75_000  # beyond one buffer of the two-level shuffle


def learning(m=M, n1=4, dtype=np.float32):
    rng = np.random.default_rng(3)
    X = rng.normal(size=(m, n1)).astype(dtype)
    y = np.where(X[:, 0] + X[:, 1] * X[:, 2] + rng.normal(size=m) > 0, "yes", "no")
    return X, y


def table(m=30_000):
    rng = np.random.default_rng(5)
    X, y = learning(m)
    return pd.DataFrame(
        {
            "x": X[:, 0],
            "kind": rng.choice(["a", "b", "c"], m),
            "when": pd.date_range("2020-01-01", periods=m, freq="h"),
            "gap": np.where(rng.random(m) < 0.1, np.nan, X[:, 1]),
            "answer": np.where(rng.random(m) < 0.01, None, y),
        }
    )


def network(solver, **changed):
    rates = {"gd": {"learning_rate": 0.3}, "adam": {"batch_size": 1000}}
    most = {"lbfgs": 8, "gd": 20, "adam": 2, "sgd": 2}
    settings = {"max_iter": most[solver], "tol": 0, "random_state": 0, "l2": 0.5}
    return TriLayerClassifier(5, solver=solver, **settings | rates.get(solver, {}) | changed)


def trained(clf, *args, **kwargs):
    fit = clf.fit_source if len(args) == 1 else clf.fit
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fit(*args, **kwargs)
    return pack(clf.params_), clf.loss_curve_


def same(found, expected):
    return np.array_equal(found[0], expected[0]) and found[1] == expected[1]


@pytest.fixture(scope="module")
def in_memory():
    """What each solver finds in one process: adam in the order of data beyond memory."""
    X, y = learning()
    found = {solver: trained(network(solver), X, y) for solver in ("lbfgs", "gd")}
    Y = (y == "yes").astype(X.dtype)
    with cached([(X, Y)], M, X.shape[1], ["no", "yes"]) as source:
        found |= {solver: trained(network(solver), source) for solver in ("adam", "sgd")}
    return found


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with cluster(tmp_path_factory.mktemp("cluster"), 2) as (_, client):
        yield client


@pytest.mark.parametrize(
    ("workers", "threads", "chunks"), [(1, 1, M), (2, 2, 9_999), (3, 1, 30_001)]
)
def test_any_number_of_workers_threads_and_partitions_has_the_bits_of_memory(
    workers, threads, chunks, in_memory, tmp_path
):
    X, y = learning()
    with cluster(tmp_path, workers, threads) as (_, client):
        data = da.from_array(X, chunks=(chunks, 3)), da.from_array(y, chunks=chunks // 2)
        with dask_source(*data, client=client) as source:
            for solver, expected in in_memory.items():
                assert same(trained(network(solver), source), expected), solver
            unsaid = trained(network("gd"), source, on_step=lambda _: False)
            assert same(unsaid, in_memory["gd"])


@pytest.mark.parametrize("most", [4, 1])
def test_weights_are_memorys_and_weight_nothing_is_absence(most, client):
    X, y = learning(20_000, dtype=np.float64)
    s = np.random.default_rng(0).integers(0, most, len(y)) / 3 if most > 1 else np.ones(len(y))
    expected = trained(network("lbfgs"), X, y, s)
    parts = [da.from_array(each, chunks=6_000) for each in (X, y, s)]
    with dask_source(*parts[:2], sample_weight=parts[2], client=client) as source:
        assert same(trained(network("lbfgs"), source), expected)


@pytest.mark.parametrize("class_weight", [{"yes": 0.25}, "balanced"])
def test_class_weights_are_memorys(class_weight, client):
    X, y = learning(9_000)
    expected = trained(network("lbfgs", class_weight=class_weight), X, y)
    data = [da.from_array(each, chunks=2_000) for each in (X, y)]
    with dask_source(*data, class_weight=class_weight, client=client) as source:
        assert same(trained(network("lbfgs"), source), expected)
    names = [f"x{k}" for k in range(X.shape[1])]
    frame = dd.from_pandas(pd.DataFrame(X, columns=names).assign(y=y), npartitions=3)
    plain = TableEncoder(dtype="float32").fit(frame[names].compute())
    expected = trained(
        network("lbfgs", class_weight=class_weight), plain.transform(frame[names].compute()), y
    )
    with dask_source(frame, target="y", class_weight=class_weight, client=client) as source:
        assert same(trained(network("lbfgs"), source), expected)


def test_chunks_of_unknown_size_are_counted(client):
    X, y = learning(9_000)
    data, labels = da.from_array(X, chunks=(2_000, 4)), da.from_array(y, chunks=2_000)
    kept = data[:, 0] > -1
    expected = trained(network("lbfgs"), X[X[:, 0] > -1], y[X[:, 0] > -1])
    with dask_source(data[kept], labels[kept], client=client) as source:
        assert same(trained(network("lbfgs"), source), expected)


@pytest.mark.parametrize("partitions", [1, 7])
def test_a_frame_is_encoded_and_learnt_from_as_in_memory(partitions, client):
    frame = table()
    known = frame[frame["answer"].notna()]
    encoder = TableEncoder(dtype="float32").fit(known.drop(columns="answer"))
    X = encoder.transform(known)
    expected = trained(network("lbfgs"), X, known["answer"])
    spread = dd.from_pandas(frame, npartitions=partitions, sort=False)
    with dask_source(spread, target="answer", client=client) as source:
        assert same(trained(network("lbfgs"), source), expected)
        assert source.encoder_.columns_ == encoder.columns_
        assert source.classes_.tolist() == ["no", "yes"]
    # An encoder that has learnt stays as it is.
    with dask_source(spread, target="answer", encoder=encoder, client=client) as source:
        assert same(trained(network("lbfgs"), source), expected)


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_files_read_by_workers_have_the_bits_of_the_cache(kind, client, tmp_path, monkeypatch):
    whole = pa.Table.from_pandas(table(), preserve_index=False)
    paths = []
    for number, (first, stop) in enumerate([(0, 100), (100, 17_000), (17_000, 30_000)]):
        paths.append(tmp_path / f"{number}.{kind}")
        part = whole.slice(first, stop - first)
        if kind == "csv":
            pa_csv.write_csv(part, paths[-1])
        else:
            pq.write_table(part, paths[-1], row_group_size=4_000)
    with open_source(paths, "answer") as source:
        expected, digest = trained(network("lbfgs"), source), source.fingerprint
        columns = source.encoder_.columns_
    monkeypatch.setattr("trilayer.sources.dask_tables.FEWEST_ROWS", 3_000)
    monkeypatch.chdir(tmp_path)
    with dask_source([path.name for path in paths], target="answer", client=client) as source:
        assert len(source._shards) > 1
        assert same(trained(network("lbfgs"), source), expected)
        assert source.fingerprint == digest
        assert source.encoder_.columns_ == columns


def test_validation_samples_may_be_on_the_cluster_too(client):
    X, y = learning(12_000)
    held = slice(9_000, None)
    whole = network("lbfgs")
    trained(whole, X[:9_000], y[:9_000], X_val=X[held], y_val=y[held])
    data, labels = da.from_array(X, chunks=(2_500, 4)), da.from_array(y, chunks=2_500)
    with (
        dask_source(data[:9_000], labels[:9_000], client=client) as source,
        dask_source(data[held], labels[held], client=client) as val_source,
    ):
        spread = network("lbfgs")
        trained(spread, source, val_source=val_source)
    assert spread.validation_curve_ == pytest.approx(whole.validation_curve_, rel=1e-6)


def test_many_partitions_and_large_parameters_are_added_up_on_the_workers(client, monkeypatch):
    monkeypatch.setattr("trilayer.sources.dask_source._SMALL", 100)
    X, y = learning(40_000)
    clf = network("lbfgs", n_iter_no_change=3)
    expected = trained(clf, X, y)
    data = da.from_array(X, chunks=(700, 4)), da.from_array(y, chunks=700)
    with dask_source(*data, client=client) as source:
        assert same(trained(network("lbfgs"), source), expected)


def test_what_a_source_held_is_given_back(client):
    X, y = learning(5_000)
    with dask_source(
        da.from_array(X, chunks=(999, 4)), da.from_array(y, chunks=999), client=client
    ):
        assert any("assemble" in str(key) for held in client.has_what().values() for key in held)
    wait_for(lambda: not any(client.has_what().values()))


def spread(m=100, n1=2):
    X, y = learning(m, n1=3)
    return da.from_array(X[:, :n1], chunks=(40, n1)), da.from_array(y, chunks=40)


def worded(chunk):
    return np.full(chunk.shape, "much", dtype=object)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X, y: (X, y.compute()), "y must be a Dask array with 1 dimension$"),
        (lambda X, y: (X[:, 0], y), "X must be a Dask array with 2 dimensions$"),
        (lambda X, y: (X, y[:-1]), "X has 100 rows, y 99"),
        (lambda X, y: (X[X[:, 0] > 0], y), r"chunk \d has .* rows in X, [24]0 in y"),
        (lambda X, y: (X[X[:, 0] > 0], y.rechunk(50)), "call compute_chunk_sizes"),
        (lambda X, y: (da.where(X > 1, np.nan, X), y), r"X holds NaN or infinity in chunk \d"),
        (lambda X, y: (X.map_blocks(worded, dtype=object), y), r"X holds no numbers in chunk \d"),
        (lambda X, y: (X, da.where(y == "no", np.nan, 1.0)), r"y holds NaN in chunk \d"),
        (lambda X, y: (X, da.zeros_like(y, dtype=int)), "y must hold two labels, got 1: 0"),
        (lambda X, y: (X, da.arange(100, chunks=40)), "two labels, got 100: 0, 1, 2, 3, 4, …"),
        (lambda X, y: (X[:0], y[:0]), "y must hold two labels, got 0"),
    ],
)
def test_arrays_that_cannot_be_used_are_refused(change, message, client):
    with pytest.raises(InputError, match=message):
        dask_source(*change(*spread()), client=client)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (-da.ones(100, chunks=40), r"negative number in chunk \d"),
        (da.full(100, np.nan, chunks=40), r"NaN or infinity in chunk \d"),
        (da.zeros(100, chunks=40), "two labels, got 0"),
        (da.ones(99, chunks=40), "X has 100 rows, sample_weight 99"),
    ],
)
def test_weights_that_cannot_be_used_are_refused(weights, message, client):
    with pytest.raises(InputError, match=message):
        dask_source(*spread(), sample_weight=weights, client=client)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"target": "answr"}, TableError, "the Dask DataFrame: no column 'answr' .did you mean"),
        ({}, InputError, "name their column with target="),
        ({"target": "x", "y": 1}, InputError, "name their column with target="),
        ({"target": "x"}, InputError, "target column 'x' holds"),
        (
            {"target": "answer", "drop": ["x", "kind", "when", "gap"]},
            InputError,
            "no column beside",
        ),
        (
            {"target": "answer", "encoder": TableEncoder(), "dtype": "float32"},
            InputError,
            "dtype='float32', but the encoder makes float64",
        ),
    ],
)
def test_frames_that_cannot_be_used_are_refused(options, error, message, client):
    frame = dd.from_pandas(table(500), npartitions=3, sort=False)
    with pytest.raises(error, match=message):
        dask_source(frame, client=client, **options)


def test_what_is_wrong_in_a_partition_is_said_with_its_place(client):
    frame = table(500)
    frame.loc[321, "gap"] = np.inf
    with pytest.raises(
        InputError, match=r"partition 1 of the Dask DataFrame: column 'gap', row 72: inf"
    ):
        dask_source(
            dd.from_pandas(frame, npartitions=2, sort=False), target="answer", client=client
        )


def test_an_array_has_no_target_column(client):
    X, y = spread()
    with pytest.raises(InputError, match="target and encoder are for tables"):
        dask_source(X, y, target="x", client=client)


def test_a_file_that_workers_do_not_find_is_said(client, tmp_path):
    with pytest.raises(TableError, match=r"nowhere\.csv: no such file"):
        dask_source(tmp_path / "nowhere.csv", target="y", client=client)


def test_the_client_may_be_the_current_one(client):
    with pytest.raises(InputError, match="there is no Dask client: make one first"):
        dask_source(*spread())
    with client.as_current(), dask_source(*spread()) as source:
        assert source.client is client


def test_a_client_for_async_code_is_refused():
    with pytest.raises(InputError, match="asynchronous"):
        dask_source(*spread(), client=SimpleNamespace(asynchronous=True))
