"""Machines that are lost: training goes on to the same bits, or ends in one sentence."""

import signal
import threading
import time

import dask.array as da
import numpy as np
import pytest

from scale.clusters import cluster, killer, told, wait_for
from scale.test_dask import learning, network, same, trained
from trilayer import Checkpoint
from trilayer.errors import ClusterError
from trilayer.sources.dask import dask_source

M = 12_000
CHUNK = 1_500


class Reading:
    """Data that workers read themselves, and the trace of who read what."""

    def __init__(self, folder, seconds=0.0):
        self.log = folder / "read.txt"
        X, self.y = learning(M)
        self.X = X
        rows = da.from_array(X, chunks=(CHUNK, X.shape[1]))
        self.rows = rows.map_blocks(told, str(self.log), seconds, dtype=X.dtype)
        self.labels = da.from_array(self.y, chunks=CHUNK)

    def source(self, client, **options):
        return dask_source(self.rows, self.labels, client=client, **options)

    @property
    def readers(self):
        """The processes that read a chunk, in the order of their beginning."""
        return [int(line.split()[0]) for line in self.log.read_text().splitlines()]


class Strike:
    """Do something once, before iteration `k` goes on."""

    def __init__(self, k, act):
        self.k, self.act = k, act

    def __call__(self, progress):
        if progress.k == self.k:
            self.act()


def fullest(client):
    """Return the name of the worker that holds most: some other may hold nothing to lose."""
    holds = client.has_what()
    workers = client.scheduler_info()["workers"]
    return workers[max(holds, key=lambda address: len(holds[address]))]["id"]


@pytest.mark.parametrize("solver", ["lbfgs", "gd", "adam"])
def test_a_worker_killed_in_the_middle_changes_no_bit(solver, tmp_path):
    data = Reading(tmp_path)
    clf = network(solver, max_iter=6)
    expected = trained(clf, data.X, data.y)
    with cluster(tmp_path, 2) as (held, client), data.source(client) as source:
        read = len(data.readers)
        found = trained(clf, source, on_step=Strike(3, lambda: held.kill(fullest(client))))
        assert same(found, expected)
        assert len(data.readers) > read  # what was lost was read again
        assert len(client.nthreads()) == 1


def test_a_worker_killed_while_the_loss_of_another_is_made_good(tmp_path):
    data = Reading(tmp_path, seconds=0.1)
    clf = network("lbfgs")
    expected = trained(clf, data.X, data.y)
    with cluster(tmp_path, 3) as (held, client), data.source(client) as source:
        read = len(data.readers)
        killed = []

        def strike_again():
            # Whoever reads what the first one held is killed while it reads.
            wait_for(lambda: len(data.readers) > read)
            killed.append(held.number_of(data.readers[read]))
            held.kill(killed[1])

        striker = threading.Thread(target=strike_again)

        def strike():
            killed.append(fullest(client))
            held.kill(killed[0])
            striker.start()

        found = trained(clf, source, on_step=Strike(2, strike))
        striker.join()
        assert same(found, expected)
        assert killed[1] in {"worker-0", "worker-1", "worker-2"} - {killed[0]}
        assert len(client.nthreads()) == 1


def test_a_worker_killed_while_the_data_are_read(tmp_path):
    data = Reading(tmp_path, seconds=0.1)
    clf = network("lbfgs")
    expected = trained(clf, data.X, data.y)
    with cluster(tmp_path, 2) as (held, client):

        def strike():
            wait_for(lambda: data.log.exists() and data.readers)
            held.kill(held.number_of(data.readers[0]))

        striker = threading.Thread(target=strike)
        striker.start()
        with data.source(client) as source:
            striker.join()
            assert same(trained(clf, source), expected)


def test_a_worker_that_comes_later_is_used(tmp_path):
    data = Reading(tmp_path)
    clf = network("lbfgs")
    expected = trained(clf, data.X, data.y)
    with cluster(tmp_path, 1) as (held, client), data.source(client) as source:

        def replace():
            held.kill("worker-0")
            held.start_worker(1)

        found = trained(clf, source, on_step=Strike(2, replace))
        assert same(found, expected)
        assert data.readers[-1] == held.processes["worker-1"].pid


@pytest.mark.parametrize(
    ("lost", "message"),
    [
        (
            ["worker-0", "worker-1"],
            r"no worker of the Dask scheduler at tcp.* has answered for 2 s",
        ),
        (["scheduler"], r"the Dask scheduler at tcp.* is gone"),
    ],
)
def test_nobody_left_is_one_sentence_and_the_checkpoint_goes_on(lost, message, tmp_path):
    data = Reading(tmp_path)
    clf = network("lbfgs")
    expected = trained(clf, data.X, data.y)
    folder = tmp_path / "checkpoint"
    with cluster(tmp_path, 2) as (held, client):
        source = data.source(client)
        source.patience = 2.0  # from now on: before, a loaded machine may take longer
        strike = Strike(4, lambda: [held.kill(name) for name in lost])
        began = time.monotonic()
        with pytest.raises(ClusterError, match=message), source:
            trained(clf, source, on_step=strike, checkpoint=Checkpoint(folder, every=1))
        assert time.monotonic() - began < 30
        client.close(timeout=1)
    # Another process, with the data in its memory, goes on to the same bits.
    resumed = Checkpoint(folder, every=1, resume=True)
    assert resumed.done["fit"] == (4, False)
    assert same(trained(clf, data.X, data.y, checkpoint=resumed), expected)


def test_a_scheduler_that_does_not_speak_is_gone_too(tmp_path):
    data = Reading(tmp_path)
    with cluster(tmp_path, 1) as (held, client):
        source = data.source(client)
        source.patience = 2.0  # from now on: before, a loaded machine may take longer
        scheduler = held.processes["scheduler"]
        silent = Strike(2, lambda: scheduler.send_signal(signal.SIGSTOP))
        try:
            with pytest.raises(ClusterError, match="has answered for 2 s"):
                trained(network("lbfgs"), source, on_step=silent)
        finally:
            scheduler.send_signal(signal.SIGCONT)


def test_work_that_ends_every_worker_is_told_from_a_lost_machine(tmp_path):
    X = da.zeros((10, 2), chunks=10).map_blocks(killer, dtype=float, meta=np.zeros((0, 0)))
    often = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}
    with (
        cluster(tmp_path, 3, settings=often) as (_, client),
        pytest.raises(ClusterError, match="one worker after the other ended at the same work"),
    ):
        dask_source(X, da.arange(10, chunks=X.chunks[0]) % 2, client=client)


def test_what_goes_wrong_in_the_users_own_tasks_is_said_as_it_is(tmp_path):
    def wrong(chunk):
        raise OSError("the shelf is empty")

    X = da.zeros((10, 2), chunks=5).map_blocks(wrong, dtype=float, meta=np.zeros((0, 0)))
    with cluster(tmp_path, 1) as (_, client), pytest.raises(OSError, match="the shelf is empty"):
        dask_source(X, da.arange(10, chunks=X.chunks[0]) % 2, client=client)
