"""A model of people, served in this process."""

import httpx
import numpy as np
import pandas as pd
import pytest

from trilayer.cli import main
from trilayer.cli.model import load_model
from trilayer.cli.serve import served_as
from trilayer.serve.application import application

ADDRESS = "http://localhost"


@pytest.fixture(scope="session")
def people():
    """A column of every kind, gaps in each, and names that JSON and addresses must escape."""
    rng = np.random.default_rng(3)
    rows = 400
    age = rng.normal(40, 12, rows).round(1)
    member = rng.random(rows) < 0.5
    frame = pd.DataFrame(
        {
            "age": np.where(rng.random(rows) < 0.1, np.nan, age),
            'the "job"': rng.choice(["clerk", "cook", "Köchin, Chef", ""], rows),
            "member": member,
            "since": pd.date_range("2019-03-01", periods=rows, freq="36h").strftime("%Y-%m-%d"),
            "paid": [f"${each:,}" for each in rng.integers(900, 9000, rows)],
        }
    )
    frame.loc[::17, "since"] = ""
    z = 0.08 * (age - 40) + 1.2 * member + rng.normal(0, 0.5, rows) - 0.5
    return frame.assign(buys=np.where(z > 0, "yes", "no"))


@pytest.fixture(scope="session")
def files(people, tmp_path_factory):
    """The people as CSV, and a model of them."""
    folder = tmp_path_factory.mktemp("served")
    people.to_csv(folder / "people.csv", index=False)
    options = [
        "--target",
        "buys",
        "--hidden",
        "3",
        "--starts",
        "1",
        "--max-iter",
        "30",
        "--threshold",
        "0.4",
    ]
    words = ["train", folder / "people.csv", *options, "-o", folder / "people v1.safetensors"]
    assert main([str(word) for word in words]) == 0
    return folder


@pytest.fixture(scope="session")
def served(files):
    """The model, as the application takes it."""
    return served_as("people v1", load_model(str(files / "people v1.safetensors")))


@pytest.fixture(scope="session")
def app(served):
    """The application, with no guard but that of the loopback."""
    return application(served)


@pytest.fixture
def asked():
    """`asked(app, method, path, ...)` is httpx's answer of an application."""
    import asyncio

    def ask(app, method, path, **more):
        async def once():
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url=ADDRESS) as client:
                return await client.request(method, path, **more)

        return asyncio.run(once())

    return ask


@pytest.fixture(scope="session")
def rows(people):
    """The people as JSON has rows: null where nothing is known."""
    plain = people.drop(columns="buys").astype(object)
    plain = plain.where(plain.notna() & (plain != ""), None)
    return plain.to_dict("records")
