"""The corpus: small sound inputs of each kind, from which a fuzzer sets out.

``python -m fuzz.seeds`` writes them again.
"""

import gzip
import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet

from attacks.encoder import TABLE, sound_pipeline
from attacks.forge import record
from fuzz import models
from trilayer.lab.frames import Message
from trilayer.lab.frames import encode as message
from trilayer.modelfile.record import encode

CORPUS = Path(__file__).parent / "corpus"

LINES = [
    [{"do": "set", "settings": {"hidden": 2, "points": 40, "solver": solver, "l2": 0.1}},
     {"do": "play", "iterations": 3}, {"do": "pause"}, {"do": "trace", "k": 0, "columns": [0, 3]},
     {"do": "inspect", "k": 0, "matrix": "dW1", "row": 0, "column": 1}]
    for solver in ("gd", "adam", "lbfgs")
] + [
    [{"do": "add_point", "x": 0.5, "y": -1.5, "label": 1}, {"do": "remove_point", "index": 3},
     {"do": "clear_points"}, {"do": "rewind"}, {"do": "look", "k": 0}, {"do": "painted"}],
    [{"do": "set", "settings": {"toy": "moons", "points": 20, "hidden": 0}}, {"do": "misprints"},
     {"do": "gradients", "h": 1e-4}, {"do": "believe", "misprint": "R11", "iterations": 2}],
    [{"do": "export", "what": what, "k": 0} for what in ("numpy", "json", "npz", "latex")],
    [{"do": "compare", "runs": [{"solver": "gd"}, {"solver": "lbfgs", "l2": 1}], "iterations": 2,
      "seconds": 0.1}, {"do": "stop_compare", "id": 7}],
    [{"do": "restore", "link": {"v": 1, "solver": "gd", "noise": 0.2, "hidden": 2, "k": 2,
      "added": [[0.1, 0.2, 1]], "removed": [1],
      "changes": [[0, {"learning_rate": 0.5}], [1, {"learning_rate": 0.1}]]}}],
    [{"do": "use_table", "target": "y", "roles": {"a": "ignore"}, "standardise": True}],
]  # fmt: skip

TEXTS = [
    b"a,b,y\n1,x,yes\n2,z,no\n3,x,yes\n4,,no\n",
    b'a;b;y\r\n1,5;"x\r\ny";1\r\n2,5;z;0\r\n?;"";1\r\n1.000,5;x;0\r\n',
    b"when,paid,y\n2024-12-31,$1,true\n01/02/2024 3:04 PM,$2;000,false\n"
    b"2024-01-01T00:00:00Z,(3),true\n",
    b"year code pct y\n2024 00123 12% a\n2023 00456 3% b\n2022 00789 4% a\n",
    b'{"a": 1, "b": "x", "y": true}\n{"a": 2.5, "b": null, "y": false}\n{"a": 3, "y": true}\n',
    b"\xef\xbb\xbfa\ty\n0x1F\tyes\n1e3\tno\nNaN\tyes\n-0\tno\n",
    "a,b,y\nä,1,yes\nö,2,no\n".encode("utf-16"),
]


def checkpoint():
    """A checkpoint with a stage that goes on and one that ended."""
    from scale.test_checkpoint_record import RECORDS

    return RECORDS["adam"]


def tables():
    """The table of the attacks, in the forms that Parquet and Arrow have."""
    table = pa.table(TABLE.assign(answer=["yes", "no"] * 20))
    for options in ({}, {"compression": "zstd", "use_dictionary": False, "row_group_size": 16}):
        sink = io.BytesIO()
        pa.parquet.write_table(table, sink, **options)
        yield sink.getvalue()
    sink = io.BytesIO()
    pa.feather.write_feather(table, sink, compression="uncompressed")
    yield sink.getvalue()


def seeds():
    """Return them: by target, a list of bytes."""
    sealed = [encode(record()), sound_pipeline()]
    csv = TABLE.assign(answer=["yes", "no"] * 20).to_csv(index=False).encode()
    texts = [bytes([n % 30]) + text for text in [*TEXTS, csv] for n in (0, 1, 4)]
    upload = message(Message({"do": "upload", "name": "t.csv"}, {"file": _bytes(TEXTS[0])}))
    return {
        "model": sealed,
        "description": [
            bytes([n]) + json.dumps(said).encode() for n, (_, said) in enumerate(models.bases())
        ],
        "arrays": [
            bytes([n, 1, how, 3, *range(8)]) for n in range(3) for how in (0, 70, 130, 170, 250)
        ],
        "checkpoint": [checkpoint()],
        "stages": [json.dumps(json.loads(_text(checkpoint()))).encode()],
        "text": [*texts, b"\x02" + gzip.compress(TEXTS[0])],
        "parquet": list(tables()),
        "lab": ["\n".join(json.dumps(each) for each in lines).encode() for lines in LINES],
        "upload": [upload],
    }


def _bytes(data):
    import numpy as np

    return np.frombuffer(data, np.uint8)


def _text(data):
    from trilayer.modelfile.container import unpack

    return unpack(data).text


def main():
    for target, inputs in seeds().items():
        folder = CORPUS / target
        folder.mkdir(parents=True, exist_ok=True)
        for number, data in enumerate(inputs):
            (folder / f"seed-{number:02d}").write_bytes(data)


if __name__ == "__main__":
    main()
