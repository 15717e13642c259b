"""Three machines, each with a network of its own; one of them is cut off in the middle."""

import os
import subprocess
import sys
from contextlib import ExitStack

import numpy as np
import pytest

from scale.clusters import HERE, Cluster
from scale.test_dask import network, same, trained
from scale.test_dask_faults import Reading

# Addresses of documentation (RFC 5737), in namespaces that reach nothing but each other.
ADDRESSES = {"scheduler": "198.51.100.1", "worker-0": "198.51.100.2", "worker-1": "198.51.100.3"}
SOON = {
    "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "5s",
    "DASK_DISTRIBUTED__COMM__TIMEOUTS__TCP": "11s",
    "DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "5s",
}
"""How soon a silent machine counts as gone."""


def ip(*words):
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"ip {' '.join(words)}: {done.stderr.strip()}")


@pytest.fixture
def machines():
    """Three network namespaces on one switch, which is in the scheduler's."""
    spaces = {name: f"trilayer-{os.getpid()}-{name}" for name in ADDRESSES}
    with ExitStack() as stack:
        try:
            for space in spaces.values():
                ip("netns", "add", space)
                stack.callback(ip, "netns", "delete", space)
            _connect(spaces)
        except OSError as error:
            # Where CI runs they can be made, so there their absence is a failure.
            pytest.skip(f"network namespaces cannot be made here, so nothing was tested: {error}")
        yield spaces


def _connect(spaces):
    switch = spaces["scheduler"]
    ip("-n", switch, "link", "add", "switch", "type", "bridge")
    ip("-n", switch, "address", "add", f"{ADDRESSES['scheduler']}/24", "dev", "switch")
    ip("-n", switch, "link", "set", "switch", "up")
    for name, space in spaces.items():
        ip("-n", space, "link", "set", "lo", "up")
        if space == switch:
            continue
        ip("-n", switch, "link", "add", name, "type", "veth", "peer", "name", "net", "netns", space)
        ip("-n", switch, "link", "set", name, "master", "switch", "up")
        ip("-n", space, "address", "add", f"{ADDRESSES[name]}/24", "dev", "net")
        ip("-n", space, "link", "set", "net", "up")


@pytest.mark.network
def test_a_machine_cut_off_in_the_middle_changes_no_bit(machines, tmp_path):
    def inside(name, words):
        return ["ip", "netns", "exec", machines[name], *words]

    reference = Reading(tmp_path)
    expected = trained(network("lbfgs"), reference.X, reference.y)
    held = Cluster(tmp_path, 2, inside=inside, hosts=ADDRESSES, settings=SOON)
    cut = ["ip", "-n", machines["scheduler"], "link", "set", "worker-0", "down"]
    driver = [sys.executable, "-m", "scale.networked", str(tmp_path), *cut]
    try:
        subprocess.run(
            inside("scheduler", driver), check=True, timeout=120, env=os.environ | HERE | SOON
        )
    finally:
        held.close()
    found = np.load(tmp_path / "found.npz")
    assert same((found["theta"], found["curve"].tolist()), expected)
    assert found["again"] > 0  # what the lost machine held was read again
    assert found["left"] == 1
