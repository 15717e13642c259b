"""Values out of range, model files of other callers, faults of libraries: a sentence each."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trilayer import load, save
from trilayer.cli import main, shell

FAR = {
    "date32": pa.array([134_235_966], pa.int32()).cast(pa.date32()),
    "date64": pa.array([134_235_966 * 86_400_000]).cast(pa.date64()),
    "ms": pa.array([2**62]).cast(pa.timestamp("ms")),
    "zone": pa.array([2**62]).cast(pa.timestamp("ms", "UTC")),
    "long before": pa.array([-(2**62)]).cast(pa.timestamp("ms")),
}


def dated(path, far, row, *, rows=120):
    """Write a table whose row of this number (from 1) is far out of range."""
    days = pa.array(range(18_000, 18_000 + rows)).cast(pa.int32()).cast(pa.date32())
    days = days.cast(pa.timestamp("s") if pa.types.is_timestamp(far.type) else far.type)
    days = days.cast(far.type)
    when = pa.concat_arrays([days.slice(0, row - 1), far, days.slice(row)])
    numbers = np.random.default_rng(0).normal(size=rows)
    labels = np.where(np.arange(rows) % 3 == 0, "yes", "no").tolist()
    pq.write_table(pa.table({"a": numbers, "when": when, "y": labels}), path)


@pytest.mark.parametrize("name", FAR)
def test_a_date_out_of_range_is_named_by_file_and_row(refused, trilayer, tmp_path, name):
    far = FAR[name]
    dated(tmp_path / "far.parquet", far, 77)
    dated(tmp_path / "near.parquet", far.slice(0, 0), 121)
    words = ("--target", "y", "--hidden", 1, "--starts", 1, "--l2", 1)
    told = "far.parquet: column 'when', row 77: "
    assert told in refused("train", "far.parquet", *words)
    said = trilayer("train", "far.parquet", *words, "--stream")
    assert (said.code, told in said.err.splitlines()[-1]) == (2, True)
    assert trilayer("train", "near.parquet", *words, "-o", "m").code == 0
    for command in ("predict", "evaluate"):
        assert told in refused(
            command, "m", "far.parquet", *(["-o", "p.csv"] * (command[0] == "p"))
        )
    assert "row 77" in refused("trace", "m", "far.parquet", "--rows", 100)


@pytest.mark.parametrize("name", FAR)
def test_dates_are_no_labels_however_far(refused, tmp_path, name):
    dated(tmp_path / "far.parquet", FAR[name], 77)
    for more in ((), ("--stream",)):
        said = refused("train", "far.parquet", "--target", "when", *more)
        assert said == "trilayer: target column 'when' holds dates: a target holds two labels\n"


@pytest.mark.parametrize(
    "error", [OverflowError("int too big"), pa.ArrowInvalid("odd\nmore"), pa.ArrowKeyError("what")]
)
def test_errors_of_libraries_are_a_sentence(refused, monkeypatch, error):
    def fail(_):
        raise error

    monkeypatch.setattr(shell, "run", fail)
    assert str(error).splitlines()[0].strip("'") in refused("inspect", "x")


def test_faults_of_ours_are_not_hidden(monkeypatch):
    def fail(_):
        raise ValueError("a fault of ours")

    monkeypatch.setattr(shell, "run", fail)
    with pytest.raises(ValueError, match="a fault of ours"):
        main(["inspect", "x"])


SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(max_size=9)
    | st.floats(allow_nan=False, allow_infinity=False)
)  # fmt: skip
NAMES = st.sampled_from(
    ["network", "target", "auc", "log_loss", "rows", "verdict", "files", "sha256"]
) | st.text(max_size=5)
ANYTHING = st.recursive(
    SCALARS,
    lambda each: st.lists(each, max_size=3) | st.dictionaries(NAMES, each, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(summary=ANYTHING, fingerprint=ANYTHING)
def test_any_file_that_loads_can_be_inspected_and_used(
    people, trilayer, tmp_path, summary, fingerprint
):
    model = tmp_path / "m"
    save(load(people.model), model, summary=summary, fingerprint=fingerprint, force=True)
    words = trilayer("inspect", model)
    assert (words.code, words.err) == (0, "")
    told = json.loads(trilayer("inspect", model, "--json").out)
    assert told["summary"] == summary
    assert told["fingerprint"] == fingerprint
    known = isinstance(summary, dict) and isinstance(summary.get("target"), str)
    if not (known and summary["target"]):
        assert "name it with --target" in trilayer("evaluate", model, people.csv).err
