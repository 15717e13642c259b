"""`trilayer train --dask`: the model file is that of one machine, byte for byte."""

import resource
import subprocess
import sys
from itertools import chain

import numpy as np
import pytest

from scale.clusters import cluster, wait_for
from scale.test_dask import table
from trilayer.cli import main
from trilayer.modelfile import read
from trilayer.select import presets, recipe


@pytest.fixture
def data(tmp_path):
    frame = table(12_000)
    path = tmp_path / "data.csv"
    frame.to_csv(path, index=False)
    return path


def words(data, output, *options, solver="lbfgs", most=8):
    given = {"--target": "answer", "-o": output, "--hidden": 3, "--max-iter": most, "--l2": 1}
    given["--solver"] = solver
    return [str(word) for word in ("train", data, *chain(*given.items()), *options)]


def train(*given, **options):
    return main(words(*given, **options))


@pytest.mark.parametrize("where", ["local", "address"])
def test_the_model_file_is_that_of_one_machine(where, data, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)  # the name of the data is relative, and workers are elsewhere
    assert train("data.csv", "stream.safetensors", "--stream") == 0
    if where == "local":
        assert train("data.csv", "dask.safetensors", "--dask", "local") == 0
    else:
        (tmp_path / "cluster").mkdir()
        with cluster(tmp_path / "cluster", 2) as (_, client):
            address = client.scheduler.address
            assert train("data.csv", "dask.safetensors", "--dask", address) == 0
    written = [tmp_path / f"{name}.safetensors" for name in ("stream", "dask")]
    assert written[0].read_bytes() == written[1].read_bytes()
    assert "encoding the rows on" in capsys.readouterr().err


def test_the_recipe_is_the_same_everywhere(data, tmp_path, monkeypatch):
    """Also where there are more rows than batches are taken from, and lbfgs goes on over all."""
    for module in (presets, recipe):
        for name, value in {"MIDDLE": 2500, "CHOSEN_ON": 3000, "BATCHED": 4000}.items():
            monkeypatch.setattr(module, name, value)
    written, records = [], []
    for where in ([], ["--stream"], ["--dask", "local"]):
        output = tmp_path / "model.safetensors"
        order = ["train", data, "--target", "answer", "-o", output, "--hidden", 3, "--force"]
        assert main([str(word) for word in (*order, "--starts", 2, *where)]) == 0
        written.append(output.read_bytes())
        records.append(read(output))
    for record in records[1:]:  # what differs, should anything
        assert record.summary == records[0].summary
        for name in ("W1", "b1", "W2", "b2"):
            expected = getattr(records[0].params, name)
            np.testing.assert_array_equal(getattr(record.params, name), expected)
    assert written[0] == written[1] == written[2]


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense", "tcp://127.0.0.1"])
def test_an_address_where_nobody_answers(address, data, tmp_path, capsys):
    output = tmp_path / "none.safetensors"
    assert train(data, output, "--dask", address, "--dask-wait", "1") == 2
    assert f"--dask {address}: no Dask scheduler answers there" in capsys.readouterr().err
    assert not output.exists()


@pytest.mark.parametrize("option", [["--stream"], ["--cache-dir", "."]])
def test_what_is_for_one_machine_is_refused(option, data, tmp_path, capsys):
    assert train(data, tmp_path / "none.safetensors", "--dask", "local", *option) == 2
    assert "for this machine alone" in capsys.readouterr().err


def test_without_the_extra_its_name_is_said(data, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert train(data, tmp_path / "none.safetensors", "--dask", "local") == 2
    assert "pip install 'trilayer[dask]'" in capsys.readouterr().err


def test_all_workers_gone_is_one_sentence_and_another_machine_goes_on(data, tmp_path):
    folder, whole, output = (tmp_path / name for name in ("checkpoint", "whole.st", "rest.st"))
    descent = {"solver": "gd", "most": 150}
    assert train(data, whole, "--stream", **descent) == 0
    (tmp_path / "cluster").mkdir()
    with cluster(tmp_path / "cluster", 1) as (held, client):
        options = ["--checkpoint", folder, "--checkpoint-every", "1", "--dask-wait", "2"]
        order = words(data, output, "--dask", client.scheduler.address, *options, **descent)
        command = [sys.executable, "-m", "trilayer", *order]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            wait_for(lambda: folder.is_dir() and any(folder.glob("*.safetensors")))
            held.kill("worker-0")
            _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert said.strip().splitlines()[-1].startswith("trilayer: no worker of the Dask scheduler")
    assert "Traceback" not in said
    assert not output.exists()
    assert train(data, output, "--stream", "--resume", folder, **descent) == 0
    assert output.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize("most", [24, 32, 40])
def test_few_descriptors_are_one_sentence(data, tmp_path, most):
    """Or they suffice, which is the system's affair."""

    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

    order = [sys.executable, "-m", "trilayer", *words(data, tmp_path / "m", "--dask", "local")]
    done = subprocess.run(order, preexec_fn=few, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    if done.returncode:
        assert done.returncode == 2
        assert done.stderr.splitlines()[-1].startswith("trilayer: ")
    assert (tmp_path / "m").exists() == (done.returncode == 0)


@pytest.mark.parametrize("most", [400_000, 1_000_000, 1_500_000])
def test_little_memory_is_one_sentence(data, tmp_path, most):
    """`ulimit -v`, in KiB: or it suffices; but no command waits for memory that never comes."""

    def little():
        resource.setrlimit(resource.RLIMIT_AS, (most << 10, most << 10))

    order = [sys.executable, "-m", "trilayer", *words(data, tmp_path / "m", "--dask", "local")]
    done = subprocess.run(
        order, preexec_fn=little, capture_output=True, text=True, check=False, timeout=120
    )
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 2)
    if done.returncode:
        assert done.stderr.splitlines()[-1].startswith("trilayer: ")
    assert (tmp_path / "m").exists() == (done.returncode == 0)
