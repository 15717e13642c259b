"""Requests that come at the same time are predicted together, and answered as if alone."""

import asyncio

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trilayer.serve.application import application
from trilayer.serve.batching import Batcher
from trilayer.serve.limits import Limits
from trilayer.serve.rows import read
from trilayer.serve.scoring import predictions


def all_at_once(app, bodies):
    """The answers to requests that are sent at the same time."""

    async def ask():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            asked = (client.post("/predict", json=body) for body in bodies)
            return await asyncio.gather(*asked)

    return [(each.status_code, each.json()) for each in asyncio.run(ask())]


@pytest.fixture
def calls(served, monkeypatch):
    """How many rows each call of the model had."""
    sizes, logits = [], served.logits
    counted = lambda rows: (sizes.append(len(rows)), logits(rows))[1]  # noqa: E731
    monkeypatch.setitem(vars(served), "logits", counted)
    return sizes


def test_what_waits_is_predicted_together(served, rows, calls):
    app = application(served)
    alone = [all_at_once(app, [[row]])[0] for row in rows[:40]]
    calls.clear()
    assert all_at_once(app, [[row] for row in rows[:40]]) == alone
    assert sum(calls) == 40
    assert len(calls) < 10


@settings(max_examples=20, deadline=None)
@given(sizes=st.lists(st.integers(-3, 30), min_size=2, max_size=12))
def test_a_wrong_request_spoils_no_other(served, rows, sizes):
    app = application(served)
    bodies = [[*rows[:3], {**rows[3], "age": "old"}] if n < 0 else rows[n : 2 * n] for n in sizes]
    alone = [all_at_once(app, [body])[0] for body in bodies]
    assert all_at_once(app, bodies) == alone
    assert [status for status, _ in alone] == [422 if n < 0 else 200 for n in sizes]


def test_text_of_one_and_numbers_of_another(served, rows):
    as_text = [{**row, "age": row["age"] and str(row["age"])} for row in rows[:9]]
    app = application(served)
    one, other = all_at_once(app, [rows[:9], as_text])
    assert one == other
    assert one[0] == 200


def test_no_more_rows_are_put_together_than_a_request_may_have(served, rows, calls):
    app = application(served, Limits(rows=50))
    calls.clear()
    answers = all_at_once(app, [rows[:20]] * 9)
    assert {status for status, _ in answers} == {200}
    assert sum(calls) == 180
    assert max(calls) <= 50


def test_who_leaves_is_not_waited_for(served, rows):
    asked = read(served, Limits(), rows[:5])

    async def leave():
        batcher = Batcher(served, 100)
        leaving = [asyncio.create_task(batcher.predictions(asked)) for _ in range(3)]
        await asyncio.sleep(0)
        leaving[1].cancel()
        done = await asyncio.gather(*leaving, return_exceptions=True)
        return [*done, await batcher.predictions(asked)]

    first, gone, third, after = asyncio.run(leave())
    assert isinstance(gone, asyncio.CancelledError)
    assert first == third == after == predictions(served, asked.columns)


def test_a_fault_of_ours_reaches_who_asked(served, rows, monkeypatch):
    def broken(_):
        raise ZeroDivisionError

    asked = read(served, Limits(), rows[:2])
    monkeypatch.setitem(vars(served), "logits", broken)

    async def ask():
        return await Batcher(served, 100).predictions(asked)

    with pytest.raises(ZeroDivisionError):
        asyncio.run(ask())
