"""What drives a cluster whose machines have addresses of their own: run inside the scheduler's.

python networked.py FOLDER COMMAND…: trains on the cluster of FOLDER, runs COMMAND before the
fourth iteration goes on, and writes what came out to FOLDER/found.npz.
"""

import subprocess
import sys
from pathlib import Path

import distributed
import numpy as np

from scale.test_dask import network, trained
from scale.test_dask_faults import Reading, Strike


def main():
    folder, cut = Path(sys.argv[1]), sys.argv[2:]
    data = Reading(folder)
    with distributed.Client(scheduler_file=str(folder / "scheduler.json"), timeout=30) as client:
        client.wait_for_workers(2, timeout=60)
        with data.source(client) as source:
            before = len(data.readers)
            strike = Strike(3, lambda: subprocess.run(cut, check=True))
            theta, curve = trained(network("lbfgs"), source, on_step=strike)
        again = len(data.readers) - before
        np.savez(folder / "found.npz", theta=theta, curve=curve, again=again,
                 left=len(client.nthreads()))  # fmt: skip


if __name__ == "__main__":
    main()
