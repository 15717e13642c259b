"""A model as a folder of the Hugging Face Hub: model.safetensors, config.json, a model card.

``model.safetensors`` is the model file itself, so `trilayer.load` takes it, and so does every
reader of safetensors. The card says what was trained, on which columns, and how good it is, as
far as the model file knows. Nothing is sent anywhere.
"""

import json
import os
from pathlib import Path
from typing import Any

from trilayer import atomic
from trilayer.errors import InputError
from trilayer.export.card import card
from trilayer.modelfile import FORMAT, ModelRecord
from trilayer.modelfile.record import encode
from trilayer.tables.readings import NUMBER

FILES = ("model.safetensors", "config.json", "README.md")


def write(record: ModelRecord, path: str | os.PathLike[str], *, force: bool = False) -> None:
    """Write the folder.

    Parameters
    ----------
    record : ModelRecord
        As `trilayer.modelfile.read` or `record_of` gives it.
    path : str or path
        The folder; made if need be.
    force : bool
        Whether files in it are replaced.

    Raises
    ------
    InputError
        If it holds one of the files, or cannot be written.
    """
    folder = Path(path)
    there = next((name for name in FILES if (folder / name).exists()), None)
    if there is not None and not force:
        raise InputError(
            f"{folder / there}: the file exists: name another folder, or replace it with --force"
        )
    about = config(record)
    pages = {
        "model.safetensors": encode(record),
        "config.json": (json.dumps(about, indent=2, ensure_ascii=False) + "\n").encode(),
        "README.md": card(record, about).encode(),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in pages.items():
            place = folder / name
            with atomic.part_of(place) as (part, file):
                file.write(data)
                atomic.to_disk(file)
                atomic.keep(part, file, place)
    except OSError as error:
        raise InputError(f"{error.filename or folder}: {error.strerror or error}") from error


def config(record: ModelRecord) -> dict[str, Any]:
    """Return what config.json says: everything about the model that is no array."""
    params, negative = record.params, _negative(record)
    return {
        "model_type": "trilayer",
        "library_name": "trilayer",
        "format": FORMAT,
        "inputs": params.n1,
        "hidden_units": params.n2,
        "activation": "sigmoid",
        "dtype": str(params.dtype),
        "columns": columns(record),
        "label2id": {str(negative): 0, str(record.positive): 1},
        "id2label": {"0": str(negative), "1": str(record.positive)},
        "target": target_of(record),
        "threshold": record.threshold,
        "versions": record.versions,
    }


def columns(record: ModelRecord) -> list[dict[str, str]]:
    """Return the columns that the model takes, and the kind of each."""
    if record.encoder is None:
        return [{"name": name, "kind": NUMBER} for name in record.feature_names or ()]
    return [{"name": name, "kind": kind} for name, kind in record.encoder.kinds.items()]


def target_of(record: ModelRecord) -> str | None:
    """Return the name of the column that was predicted, if the file says it."""
    name = record.summary.get("target") if isinstance(record.summary, dict) else None
    return name if isinstance(name, str) and name else None


def _negative(record: ModelRecord) -> Any:
    first, second = record.classes.tolist()
    return first if record.positive == second else second
