"""What is reported of other trainers on clusters, and what must not happen here.

Each law names the reports that it answers: projects' own issue numbers.
"""

import threading

import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest

from scale.clusters import cluster
from scale.test_dask import learning, network, same, trained
from scale.test_dask_faults import Strike, fullest
from trilayer.encoding import TableEncoder
from trilayer.errors import ClusterError
from trilayer.sources.dask import dask_source

M = 8_000


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with cluster(tmp_path_factory.mktemp("cluster"), 2) as (_, client):
        yield client


def spread(X, y, chunk):
    return da.from_array(X, chunks=(chunk, X.shape[1])), da.from_array(y, chunks=chunk)


@pytest.mark.parametrize("chunk", [M, M // 3, 700])
def test_xgboost_5864_6715_7927_other_workers_and_partitions_give_no_other_model(chunk, client):
    X, y = learning(M)
    with dask_source(*spread(X, y, chunk), client=client) as source:
        assert same(trained(network("lbfgs"), source), trained(network("lbfgs"), X, y))


@pytest.mark.parametrize("gone", [slice(0, 2_000), slice(4_000, M), slice(1_999, 2_001)])
def test_xgboost_9271_values_missing_in_some_partitions_only(gone, client):
    X, y = learning(M, dtype=np.float64)
    frame = pd.DataFrame(X, columns=list("abcd"))
    frame["kind"] = np.where(X[:, 3] > 0, "u", "v")
    frame.loc[frame.index[gone], ["a", "kind"]] = None
    encoder = TableEncoder(dtype="float32").fit(frame)
    expected = trained(network("lbfgs"), encoder.transform(frame), y)
    parts = dd.from_pandas(frame.assign(y=y), npartitions=4, sort=False)
    with dask_source(parts, target="y", client=client) as source:
        assert source.encoder_.columns_ == encoder.columns_
        assert same(trained(network("lbfgs"), source), expected)


def ended(act, seconds=60):
    """Run it in a thread of its own, and see that it comes to an end."""
    found = []
    thread = threading.Thread(target=lambda: found.append(act()), daemon=True)
    thread.start()
    thread.join(seconds)
    assert not thread.is_alive(), "it hangs"
    return found[0]


def test_xgboost_9419_9420_lightgbm_5920_a_lost_worker_does_not_hang_the_others(tmp_path):
    X, y = learning(M)
    with cluster(tmp_path, 2) as (held, client):
        source = dask_source(*spread(X, y, 1_000), client=client, patience=2.0)
        strike = Strike(3, lambda: held.kill(fullest(client)))
        found = ended(lambda: trained(network("lbfgs"), source, on_step=strike))
        assert same(found, trained(network("lbfgs"), X, y))

        def alone():
            strike = Strike(2, lambda: [held.kill(name) for name in held.processes])
            with pytest.raises(ClusterError), source:
                trained(network("lbfgs"), source, on_step=strike)
            return True

        assert ended(alone)
        client.close(timeout=1)
