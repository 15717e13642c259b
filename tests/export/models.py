"""Models with everything in them that an export could get wrong, and tables to try them on."""

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st
from sklearn.pipeline import Pipeline

from trilayer import TableEncoder, TriLayerClassifier
from trilayer.encoding.odds import Answers, folds_of
from trilayer.params import initialise

HOSTILE = (
    'the "boss"', "it's", "new\nline", "tab\there", "NUL\0here", "Köchin", "日本", "😀", "\\",
    "'; DROP TABLE data; --", "</script><script>alert(1)</script>", "what??/", "*/ /*", "%s {x} $1",
    "3", "007", "-5", "e\u0301", "\ufeff", "__proto__", "constructor", "a\\nb", "\x01\x7f",
)  # fmt: skip
NAMES = {
    "number": 'it\'s "x" \\',
    "gaps": "</script>",
    "boolean": "select",
    "day": "Größe\n日",
    "moment": "1",
    "text": "__proto__",
    "rare": "a;b--",
    "answer": "Z1",
}


def a_table(rows=600, seed=0):
    """A column of each kind, with what is hard in each."""
    rng = np.random.default_rng(seed)
    gaps = rng.random((4, rows)) < 0.1
    number = np.round(rng.normal(0, 3, rows), 2) * rng.choice([1.0, 1e-9, 1e6], rows)
    moments = rng.integers(-(10**15), 2 * 10**15, rows)
    far = rng.integers(100, 220, rows)
    rare = [f"r{k}" for k in np.where(rng.random(rows) < 0.5, rng.zipf(1.4, rows), far)]
    columns = {
        "number": number,
        "gaps": pa.array(np.where(rng.random(rows) < 0.5, 0.0, number), mask=gaps[0]),
        "boolean": pa.array(rng.random(rows) < 0.4, mask=gaps[1]),
        "day": pa.array(rng.integers(-30_000, 30_000, rows).astype(np.int32)).cast(pa.date32()),
        "moment": pa.array(moments, mask=gaps[2]).cast(pa.timestamp("us")),
        "text": pa.array(rng.choice(np.array([*HOSTILE, None], dtype=object), rows)),
        "rare": rare,
        "answer": rng.choice(np.array(["Yes", "No"]), rows),
    }
    return pa.table({NAMES[key]: values for key, values in columns.items()})


def a_model(table=None, *, hidden=5, dtype="float64", scale=1.0, classes=("no", "yes"), **more):
    """A pipeline of an encoder that has learnt a table, and a network that has not."""
    encoder = TableEncoder(
        dtype=dtype, min_count=3, **{"max_bins": 8, "missing": ["-9999", "??"], **more}
    )
    table = a_table() if table is None else table
    encoder.fit(table, answers=answers_of(table))
    return Pipeline(
        [
            ("encoder", encoder),
            ("network", a_network(encoder.layout_.n1, hidden, dtype, scale, classes)),
        ]
    )


def answers_of(table):
    """Answers that rare levels tell, so that their odds are an input."""
    if NAMES["rare"] not in table.column_names:
        return None
    rare = [int(text[1:]) for text in table[NAMES["rare"]].to_pylist()]
    return Answers(np.array(rare) % 2 == 1, folds_of(np.arange(len(rare))))


def a_network(n1, hidden=5, dtype="float64", scale=1.0, classes=("no", "yes")):
    """A network with weights from chance."""
    rng = np.random.default_rng(3)
    network = TriLayerClassifier(hidden_units=hidden)
    params = initialise(n1, hidden, rng)
    made = {
        name: array + scale * rng.normal(size=array.shape) for name, array in vars(params).items()
    }
    network.params_ = type(params)(**made).astype(dtype)
    network.classes_ = np.array(classes, dtype=object)
    network.n_features_in_ = n1
    return network


def edges(model):
    """Every edge of every bin, and its neighbours among floats on both sides."""
    found = {}
    for column in model[0].columns_:
        told = [edge for part in column.parts if part.name == "value" for edge in part.edges]
        near = [np.nextafter(edge, way) for edge in told for way in (-np.inf, np.inf)]
        found[column.name] = [*told, *near, 0.0, -0.0, 5e-324, 1e300, -1e300, 1.7e308, -1.7e308]
    return found


def hard_rows(model):
    """Rows that hold each hard value once, beside a row that has nothing."""
    learnt = a_table()
    base = {name: learnt[name][0].as_py() for name in learnt.column_names}
    rows = [dict.fromkeys(base)]
    for key in ("number", "gaps"):
        name = NAMES[key]
        rows += [{**base, name: x} for x in edges(model)[name]]
    texts = [
        *HOSTILE,
        "never",
        "",
        " ",
        "3.0",
        "+3.00",
        "3.",
        "03",
        "-5.0",
        "??",
        "\u3000日本\x85",
        "NUL",
    ]
    rows += [{**base, NAMES["text"]: text} for text in (*texts, None)]
    rows += [
        {**base, NAMES["rare"]: text}
        for text in ("r1", "r2", "r9", "r77", "r101", "r150", "nothing", None)
    ]
    words = ("yes", "NO", "TRUE", "false", "1", "0", "1.0", "t", "off", "Yes", "maybe", None)
    rows += [{**base, NAMES["answer"]: text} for text in words]
    rows += [{**base, NAMES["boolean"]: truth} for truth in (True, False, None)]
    return rows


def as_table(rows):
    """Rows as a table of the types that the encoder learnt."""
    schema = a_table(rows=30).schema
    return pa.Table.from_pylist(rows, schema=schema)


finite = st.floats(allow_nan=False, allow_infinity=False, width=64)


@st.composite
def some_rows(draw):
    """Draw rows of chance, near and far."""
    learnt = a_table()
    base = {name: learnt[name][0].as_py() for name in learnt.column_names}
    texts = st.one_of(st.none(), st.sampled_from(HOSTILE), st.text(max_size=6))
    drawn = {
        "number": finite,
        "gaps": st.none() | finite,
        "boolean": st.none() | st.booleans(),
        "day": st.none() | st.dates(),
        "moment": st.none() | st.datetimes(),
        "text": texts,
        "rare": st.none() | st.sampled_from(["r1", "r2", "r3", "r50", "r101", "r150", "x"]),
        "answer": st.none() | st.sampled_from(["Yes", "no", "T", "1.0", "?"]),
    }
    one = st.fixed_dictionaries({NAMES[key]: each for key, each in drawn.items()})
    return [base, *draw(st.lists(one, min_size=1, max_size=8))]
