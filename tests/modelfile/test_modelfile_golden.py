"""Model files of every version so far load, and predict what they predicted then."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from trilayer import load
from trilayer.modelfile import FORMAT, read

GOLDEN = Path(__file__).resolve().parent / "golden"
FILES = sorted(GOLDEN.glob("*.safetensors"))


def rows_of(expected):
    frame = pd.DataFrame(**expected["rows"])
    if "since" in frame:
        frame["since"] = pd.to_datetime(frame["since"])
    return frame


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_golden_file_predicts_what_it_did(path):
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    model, record = load(path), read(path)
    rows = rows_of(expected)
    if record.kind == "classifier" and record.feature_names is None:
        rows = rows.to_numpy(record.params.dtype)
    tolerance = 1e-9 if record.params.dtype == np.float64 else 1e-5
    np.testing.assert_allclose(
        model.decision_function(rows), expected["logits"], rtol=tolerance, atol=tolerance
    )
    assert model.predict(rows).tolist() == expected["labels"]
    assert model.classes_.tolist() == expected["classes"]
    assert str(model.classes_.dtype) == expected["dtype"]
    assert (record.threshold, record.summary) == (0.4, {"rows": 80})


def test_every_version_has_its_golden_files():
    names = {f"{kind}-v{version}" for kind in ("model", "unit", "pipeline")
             for version in range(1, FORMAT + 1)}  # fmt: skip
    assert {path.stem for path in FILES} == names
