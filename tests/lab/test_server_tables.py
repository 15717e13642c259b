"""A table of one's own: read, given roles, made samples; and refused in one sentence."""

import datetime
import gzip
import io
from decimal import Decimal

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given

from trilayer import load
from trilayer.errors import InputError
from trilayer.lab import limits
from trilayer.lab.exporting import KINDS
from trilayer.lab.faults import RefusalError
from trilayer.lab.lab import Lab
from trilayer.lab.rows import Plan
from trilayer.lab.run import Slice
from trilayer.lab.settings import changed
from trilayer.lab.showing import data, frame, link
from trilayer.lab.steps import traced
from trilayer.lab.tables import plan_of, read

from .conftest import refusal_of

ROLES = {"age": "number", "town": "category", "pay": "number", "id": "ignore"}


def people(rows=60):
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "id": [f"p{i}" for i in range(rows)],
            "age": rng.integers(18, 80, rows),
            "town": rng.choice(["Bonn", "Jena", "Ulm"], rows),
            "pay": rng.normal(3000, 500, rows).round(2),
        }
    )
    frame["buys"] = np.where(frame.age + rng.normal(0, 9, rows) > 48, "yes", "no")
    return frame


def as_csv(frame):
    return frame.to_csv(index=False).encode()


@pytest.fixture
def lab():
    lab = Lab()
    yield lab
    lab.close()


def test_a_table_says_what_its_columns_are():
    frame = people()
    frame.loc[3, "pay"] = np.nan
    header = read("people.csv", as_csv(frame)).message().header
    assert header["rows"] == 60
    assert header["target"] == "buys"
    assert header["targets"] == [{"name": "buys", "classes": ["no", "yes"]}]
    roles = {column["name"]: column["role"] for column in header["columns"]}
    assert roles == {**ROLES, "buys": "category"}
    told = {column["name"]: column for column in header["columns"]}
    assert told["pay"]["missing"] == 1
    assert told["town"]["levels"] == 3


@pytest.mark.parametrize("positive", [None, "yes", "no"])
def test_a_table_becomes_samples(lab, positive):
    frame = people()
    table = read("people.csv", as_csv(frame))
    lab.use_table(table.planned(Plan("buys", positive, ROLES)))
    samples = lab.samples
    said = positive or "yes"
    assert np.array_equal(samples.Y, frame.buys == said)
    assert samples.origin.classes[1] == said
    assert [str(name) for name in samples.origin.inputs[:2]] == ["age", "pay"]
    assert len(samples.X) == len(samples.origin.inputs) == 5
    train = ~samples.held_out
    assert abs(np.median(samples.X[0, train])) < 0.05
    assert lab.settings["source"] == "table"
    assert link(lab) is None


def test_numbers_as_they_are(lab):
    frame = people()
    frame.loc[5, "pay"] = np.nan
    table = read("people.csv", as_csv(frame))
    lab.use_table(table.planned(Plan("buys", None, {"age": "number", "pay": "number"}, False)))
    kept = frame.drop(index=5)
    assert np.array_equal(lab.samples.X, kept[["age", "pay"]].to_numpy().T)
    assert lab.samples.origin.notes == [{"code": "incomplete", "params": {"rows": 1}}]


def test_rows_without_an_answer_are_left_out(lab):
    frame = people()
    frame.loc[[1, 2], "buys"] = None
    table = read("people.csv", as_csv(frame))
    lab.use_table(table.planned(Plan("buys", None, ROLES)))
    assert len(lab.samples.Y) == 58
    assert {"code": "unanswered", "params": {"rows": 2}} in lab.samples.origin.notes


@pytest.mark.parametrize("standardise", [True, False])
def test_the_model_file_takes_the_table_again(lab, standardise, tmp_path):
    frame = people()
    roles = ROLES if standardise else {"age": "number", "pay": "number"}
    table = read("people.csv", as_csv(frame))
    lab.use_table(table.planned(Plan("buys", None, roles, standardise)))
    lab.run.advance(Slice(60.0, 30))
    path = tmp_path / "model.safetensors"
    path.write_bytes(KINDS["model"].make(lab, 30))
    columns = list(ROLES) if standardise else ["age", "pay"]
    Z2 = load(path).decision_function(frame[columns])
    train = ~lab.samples.held_out
    np.testing.assert_allclose(Z2[train], traced(lab.run, 30).Z2[0], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("hold", ["mean", "median", "most_frequent"])
def test_what_is_not_an_axis_is_held(lab, hold):
    table = read("people.csv", as_csv(people()))
    lab.use_table(table.planned(Plan("buys", None, ROLES)))
    lab.change(changed(lab.settings, {"axis_x": 1, "axis_y": 0, "hold": hold}))
    train = lab.samples.X[:, ~lab.samples.held_out]
    held = lab.view.fine[2:, 0]
    assert np.all(lab.view.fine[2:] == held[:, None])
    if hold == "most_frequent":
        assert any(np.array_equal(held, column) for column in train[2:].T.astype(np.float32))
        assert held.sum() == 1
    else:
        truth = {"mean": np.mean, "median": np.median}[hold](train[2:], axis=1)
        np.testing.assert_allclose(held, truth, rtol=1e-6)
    grid = lab.view.fine[[1, 0]].reshape(2, 100, 100)
    x0, x1, y0, y1 = lab.view.domain
    np.testing.assert_allclose(grid[0, 0, [0, -1]], [x0, x1], rtol=1e-6)
    np.testing.assert_allclose(grid[1, [0, -1], 0], [y0, y1], rtol=1e-6)
    at = lab.view.point(0.25, -0.5)
    assert (at[1], at[0]) == (0.25, -0.5)


def test_one_input_is_a_line(lab):
    table = read("people.csv", as_csv(people()))
    lab.use_table(table.planned(Plan("buys", None, {"age": "number"})))
    assert lab.view.axis_y == -1
    message = data(lab)
    assert message.header["axes"]["y"] is None
    assert np.array_equal(message.arrays["y"], lab.samples.Y - 0.5)
    assert frame(lab).arrays["boundary"].shape == (100, 100)


def with_text_for(frame, column, text):
    frame = frame.astype({column: object})
    frame.loc[3, column] = text
    return frame


REFUSED = {
    "empty": (b"", None, "people.csv: the file is empty"),
    "no rows": (b"a,b\n", None, "no rows"),
    "two names": (b"a,a\n1,2\n", None, "a"),
    "ragged": (b"a,b\n1,2\n3\n", None, "people.csv"),
    "not text": (b"a,b\n\xff\xfe,1\n", None, "people.csv"),
    "target": (as_csv(people()), Plan("age", None, ROLES), "different values"),
    "no target": (as_csv(people()), Plan("nothing", None, {}), "no column"),
    "no role": (as_csv(people()), Plan("buys", None, {"age": "star"}), "roles"),
    "positive": (as_csv(people()), Plan("buys", "maybe", ROLES), "positive"),
    "nothing left": (as_csv(people()), Plan("buys", None, {}), "no column is left"),
    "raw text": (as_csv(people()), Plan("buys", None, {"town": "category"}, False), "town"),
    "no number": (as_csv(people()), Plan("buys", None, {"town": "number"}), "is not a number"),
    "infinite": (
        as_csv(with_text_for(people(), "pay", "inf")), Plan("buys", None, ROLES), "pay",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_used_is_refused_and_nothing_changes(lab, case):
    data, plan, words = REFUSED[case]
    before = lab.samples
    with pytest.raises(InputError, match=words) as refused:
        lab.use_table(read("people.csv", data).planned(plan))
    assert "\n" not in str(refused.value)
    assert "standard input" not in str(refused.value)
    assert lab.samples is before
    assert lab.settings["source"] == "toy"


def test_too_much_is_refused():
    with pytest.raises(RefusalError) as refused:
        read("big.csv", bytes(limits.UPLOAD_BYTES + 1))
    assert refused.value.code == "too_large"
    rows = "\n".join(str(i) for i in range(limits.ROWS + 1))
    with pytest.raises(RefusalError) as refused:
        read("long.csv", f"a\n{rows}\n".encode())
    assert refused.value.code == "too_many_rows"


def test_what_unpacks_to_too_much_is_refused(monkeypatch):
    data = gzip.compress(b"a,b\n" + b"1,2\n" * 10_000)
    assert read("a.csv.gz", data).message().header["rows"] == 10_000
    monkeypatch.setattr(limits, "UNPACKED_BYTES", 20_000)
    with pytest.raises(RefusalError) as refused:
        read("a.csv.gz", data)
    assert refused.value.code == "too_large"
    with pytest.raises(InputError, match="damaged"):
        read("a.csv.gz", data[:20] + bytes(40))
    twice = gzip.compress(b"a,b\n1,2\n") + gzip.compress(b"3,4\n")
    assert read("a.csv.gz", twice).message().header["rows"] == 2


def as_parquet(table):
    file = io.BytesIO()
    pq.write_table(table, file)
    return file.getvalue()


def test_a_parquet_file_says_itself_that_it_is_too_long():
    table = pa.table({"a": pa.array([0] * (limits.ROWS + 1))})
    with pytest.raises(RefusalError) as refused:
        read("long.parquet", as_parquet(table))
    assert refused.value.code == "too_many_rows"


def test_columns_of_every_type_are_told_and_learnt_or_refused(lab):
    day = datetime.datetime(2024, 1, 1)
    columns = {
        "ints": [1, 2, 3, None],
        "bools": [True, False, True, None],
        "texts": ["a", "b", "a", None],
        "lists": [[1], [2], [], None],
        "bytes": [b"x", b"y", b"x", None],
        "dates": [day, day + datetime.timedelta(1), None, day],
        "lasting": [datetime.timedelta(1), datetime.timedelta(2), None, datetime.timedelta(1)],
        "exact": [Decimal("1.5"), Decimal("2.5"), None, Decimal("1.5")],
        "nothing": [None] * 4,
        "structs": [{"a": 1}, {"a": 2}, None, {"a": 1}],
    }
    made = pa.table(columns).append_column(
        "coded", pa.array(["u", "v", "u", None]).dictionary_encode()
    )
    made = pa.concat_tables([made] * 10)
    table = read("odd.parquet", as_parquet(made))
    header = table.message().header
    told = {column["name"]: column for column in header["columns"]}
    assert {t["name"] for t in header["targets"]} == {"bools", "texts", "coded"}
    for name in ("lists", "bytes", "nothing", "structs"):
        assert (told[name]["role"], told[name]["levels"]) == ("ignore", 0)
    for target in ("bools", "texts", "coded"):
        for name in set(told) - {target}:
            for role in ("number", "category"):
                plan = Plan(target, None, {name: role})
                refusal = refusal_of(lambda plan=plan: lab.use_table(table.planned(plan)))
                assert refusal is None or "\n" not in str(refusal)
                assert np.isfinite(lab.samples.X).all()


def test_too_many_inputs_are_refused(lab):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(30, limits.INPUTS + 1))).rename(columns=lambda i: f"c{i}")
    roles = dict.fromkeys(frame.columns, "number")
    frame["y"] = np.arange(30) % 2
    table = read("wide.csv", as_csv(frame))
    for standardise in (True, False):
        with pytest.raises(RefusalError) as refused:
            lab.use_table(table.planned(Plan("y", None, roles, standardise)))
        assert refused.value.code == "too_many_inputs"


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data):
    refusal = refusal_of(lambda: read("fuzz.csv", data).message())
    if refusal is None:
        assert read("fuzz.csv", data).message().header["rows"] > 0
    else:
        assert "\n" not in str(refusal)


cells = st.sampled_from(["", "0", "1", "yes", "NA", "nan", "2024-01-01", "1e309", "é", '"', "-3.5"])


@given(st.integers(1, 4).flatmap(lambda n: st.lists(st.lists(cells, min_size=n, max_size=n))))
def test_any_table_learns_or_is_refused(rows):
    lab = Lab()

    def learn():
        lines = [",".join(f"c{i}" for i in range(len(rows[0]) if rows else 1))]
        table = read("fuzz.csv", "\n".join(lines + [",".join(row) for row in rows]).encode())
        for target in table.message().header["targets"]:
            told = table.message().header["columns"]
            roles = {c["name"]: c["role"] for c in told if c["name"] != target["name"]}
            lab.use_table(table.planned(Plan(target["name"], None, roles)))
            lab.run.advance(Slice(60.0, 3))

    refusal = refusal_of(learn)
    assert refusal is None or "\n" not in str(refusal)
    assert np.isfinite(lab.run.step.theta).all()
    lab.close()


@pytest.mark.parametrize(
    "wanted",
    [{"target": 3}, {"target": "y", "positive": 1}, {"target": "y", "roles": []},
     {"target": "y", "standardise": 1}, {}],
)  # fmt: skip
def test_a_plan_of_other_types_is_refused(wanted):
    with pytest.raises(RefusalError):
        plan_of(wanted)
