"""The large table that is made up: what it promises of its rows and of its floor."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from large_data import _TEST, LEVELS, Truth, floor, make, pieces
from trilayer.tables import read_table


@pytest.fixture(scope="module")
def made() -> tuple[pa.Table, np.ndarray]:
    """Return 120,000 rows, so two pieces, and the chances they were drawn with."""
    found = list(pieces(Truth(0), 120_000))
    return pa.concat_tables(p.rows for p in found), np.concatenate([p.chance for p in found])


def test_fewer_rows_are_the_first_of_more_and_the_rows_held_out_are_the_same(
    tmp_path: Path, made: tuple[pa.Table, np.ndarray]
) -> None:
    few, more = make(tmp_path, 50, 70), make(tmp_path, 101_000, 70)
    assert pq.read_table(more["train"]).equals(made[0].slice(0, 101_000))
    assert pq.read_table(few["train"]).equals(made[0].slice(0, 50))
    assert read_table(few["test"]).equals(read_table(more["test"]))
    assert few["floor"] == more["floor"]
    held = next(pieces(Truth(0), 50, _TEST)).rows
    assert not held.equals(made[0].slice(0, 50))


def test_the_floor_is_the_log_loss_of_who_knows_the_probabilities(
    made: tuple[pa.Table, np.ndarray],
) -> None:
    rows, chance = made
    y = np.array(rows["y"].to_pylist()) == "yes"
    losses = -np.log(np.where(y, chance, 1 - chance))
    assert abs(losses.mean() - floor(chance)) < 4 * losses.std() / len(losses) ** 0.5


def test_the_columns_are_what_they_are_said_to_be(made: tuple[pa.Table, np.ndarray]) -> None:
    rows, _ = made
    counts = [len(rows[f"c{k}"].unique().drop_null()) for k in range(5)]
    assert counts == LEVELS
    assert rows["x9"].null_count > rows["x2"].null_count > rows["x0"].null_count == 0
    assert rows["c3"].null_count > 0


def test_another_seed_is_another_truth() -> None:
    one, other = (next(pieces(Truth(seed), 50)).chance for seed in (0, 1))
    assert np.abs(one - other).max() > 0.1
