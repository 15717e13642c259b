"""Write the golden model files of the current format, and what they must predict for ever.

    python tests/modelfile/golden/make_models.py

Run it once for a new format version, commit what it writes, and never change the files
of a version that was released: `tests/modelfile/test_modelfile_golden.py` loads every one of them.
"""

import json
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from trilayer import TableEncoder, TriLayerClassifier, save
from trilayer.modelfile import FORMAT

HERE = Path(__file__).resolve().parent


def table(m=80):
    """Numbers, categories, truth values and dates, some of them missing."""
    rng = np.random.default_rng(2)
    jobs = np.array(["clerk", "cook", "Köchin", "农民"], dtype=object)
    frame = pd.DataFrame(
        {
            "age": np.where(rng.random(m) < 0.2, np.nan, rng.integers(18, 90, m)),
            "job": np.where(rng.random(m) < 0.1, None, jobs[rng.integers(0, 4, m)]),
            "member": rng.random(m) < 0.5,
            "since": [datetime(2020, 1, 1) + timedelta(days=31 * i) for i in range(m)],
            "country": "nowhere",
        }
    )
    good = frame["age"].fillna(40) + 20 * frame["member"] + rng.normal(0, 10, m) > 60
    return frame, np.where(good, "good", "bad")


def numbers(m=80):
    """Three plain inputs."""
    rng = np.random.default_rng(3)
    X = rng.normal(size=(m, 3))
    return X, np.sin(2 * X[:, 0]) + X[:, 1] > 0


def models():
    """Name, fitted model, and rows for it, of every kind of file."""
    X, y = numbers()
    named = pd.DataFrame(X, columns=["a", "b", "c"])
    labels = np.where(y, "yes", "no")
    classifier = TriLayerClassifier(
        hidden_units=3, class_weight={"no": 1.0, "yes": 1.5}, early_stopping=True, random_state=0
    )
    yield "model", classifier.fit(named, labels), named
    unit = TriLayerClassifier(hidden_units=0, dtype="float32", random_state=0)
    yield "unit", unit.fit(X, y.astype(np.int8)), pd.DataFrame(X.astype(np.float32))
    frame, target = table()
    network = TriLayerClassifier(hidden_units=4, l2=0.1, random_state=0)
    pipeline = Pipeline([("encode", TableEncoder(min_count=5)), ("network", network)])
    yield "pipeline", pipeline.fit(frame, target), frame


def main():
    """Write the files."""
    for name, model, rows in models():
        # JSON keeps ten digits.
        rows = rows[:12].round(dict.fromkeys(rows.select_dtypes("number"), 9))
        inputs = rows if name != "unit" else rows.to_numpy()
        save(
            model, HERE / f"{name}-v{FORMAT}.safetensors", check_rows=inputs[:4],
            threshold=0.4, summary={"rows": 80}, fingerprint="made by make_models.py",
        )  # fmt: skip
        expected = {
            "classes": model.classes_.tolist(),
            "dtype": str(model.classes_.dtype),
            "logits": model.decision_function(inputs).tolist(),
            "labels": model.predict(inputs).tolist(),
            "rows": json.loads(
                rows.to_json(orient="split", date_format="iso", double_precision=15)
            ),
        }
        text = json.dumps(expected, ensure_ascii=False, indent=1)
        (HERE / f"{name}-v{FORMAT}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
