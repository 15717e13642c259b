"""What a model computes for one row, as plain data: what every export is written from.

A row is a mapping of columns to values. Each column turns its value into a few of the network's
n1 inputs, most of which are zero: those that are not are multiplied by their rows of W1 and
added up, with b1, to Z1 (E7). Then A1 = σ(Z1) (E8), Z2 = W2ᵀA1 + b2 (E10), A2 = σ(Z2) (E11).
All numbers are float64, whatever the network was trained in. ``classes[1]`` is the label whose
probability A2 is: where the model reports the other one, W2 and b2 have the other sign here.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np

from trilayer.encoding.columns import BOOLEAN, CATEGORY, ODDS, Column
from trilayer.encoding.filling import standardised
from trilayer.modelfile import ModelRecord, record_of
from trilayer.modelfile.preparation import Step
from trilayer.tables.numerals import numbers_of
from trilayer.tables.readings import TICKS
from trilayer.tables.values import of_texts
from trilayer.tables.words import MISSING_WORDS, PAIRS, same_truth

if TYPE_CHECKING:
    from trilayer.encoding.fitted import FittedEncoder

FORMAT = 1
"""The version of this form."""

PLAIN = "plain"
"""The kind of a column that is an input as it is: of a model without an encoder."""

# What Arrow trims from text: spaces, and what Unicode's bidirectional classes call blank.
BLANKS = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007"
    "\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
_MICROSECONDS = {"s": 1e6, "ms": 1e3, "us": 1.0, "ns": 1e-3}
_NO = (*(no for no, _ in PAIRS), "0.0")
_YES = (*(yes for _, yes in PAIRS), "1.0")


class PartSpec(TypedDict):
    """A number that a value is made into, and the inputs that this becomes.

    Attributes
    ----------
    name : str
        ``value``; of a date ``year``, ``month``, ``weekday`` (Monday 1), ``hour`` (with its
        fraction) or ``days`` (since 1970).
    input : int
        The input that is z / √(1 + (z/clip)²), where z = (number - center) / scale, between
        ±1e150. A missing value has the center.
    center, scale : float
    clip : float or None
        None: the input is z.
    edges : list of float
        Of bins, ascending; there may be none. An input for each, behind the first one: 1 for
        those that the number is past, 0 for those that it is before, and the share of the way
        in the one where it is. The bin is that of the last edge that is not greater.
    """

    name: str
    input: int
    center: float
    scale: float
    clip: float | None
    edges: list[float]


class ByLevelSpec(TypedDict):
    """A number that a category's level has: how frequent it is, or its odds, scaled.

    Attributes
    ----------
    input : int
    values : list of float
        By place.
    unseen, missing : float
        Of a text that has no place, and of none.
    """

    input: int
    values: list[float]
    unseen: float
    missing: float


class LevelsSpec(TypedDict):
    """The levels of a category.

    Attributes
    ----------
    places : dict of str to int
        Texts, and their places. A text is trimmed first, and ``3.0`` is ``3``.
    truths : dict of str to int
        Texts in lower case that mean a level; for those that `places` does not have.
    inputs : list of (int or None)
        By place: which input is 1.
    unseen, missing : int or None
        Which input is 1 for a text that has no place, and for none.
    numbers : list of ByLevelSpec
    """

    places: dict[str, int]
    truths: dict[str, int]
    inputs: list[int | None]
    unseen: int | None
    missing: int | None
    numbers: list[ByLevelSpec]


class ColumnSpec(TypedDict):
    """A column, and what is made of its values.

    Attributes
    ----------
    name : str
    kind : str
        ``number``, ``boolean``, ``date``, ``category`` or ``plain``.
    form : str
        How its text was written, where that is not plain (`trilayer.tables.readings`).
    width : int
        How many inputs it has, from `input` on.
    input : int
    nothing : list of str
        Texts that are missing values; the empty one always is.
    nothing_numbers : list of float
        Numbers that are missing values.
    missing : int or None
        Of numbers, truth values and dates: which input is 1 where the value is missing.
    parts : list of PartSpec
        Of numbers, truth values (no is 0, yes is 1) and dates (UTC).
    microseconds : float or None
        Of dates that are written as numbers: what one counts.
    levels : LevelsSpec or None
        Of categories.
    steps : list of [name, number, ...]
        Of plain numbers, one after the other: ``fill`` a missing value, ``plus``, ``minus``,
        ``times``, ``over``, and ``clip`` to a range.
    """

    name: str
    kind: str
    form: str
    input: int
    width: int
    nothing: list[str]
    nothing_numbers: list[float]
    missing: int | None
    parts: list[PartSpec]
    microseconds: float | None
    levels: LevelsSpec | None
    steps: list[list[Any]]


class Description(TypedDict):
    """A model.

    Attributes
    ----------
    format : int
    classes : list of 2 labels
    threshold : float
        The probability from which on the second one is said.
    blanks : str
        The characters that do not count around a text.
    yes, no : list of str
        How truth values are written, in lower case.
    columns : list of ColumnSpec
        In the order of their inputs.
    single : bool
        Whether all weights are float32 numbers, so that fewer digits say them.
    W1 : list of n1 lists of n2 numbers
    b1 : list of n2 numbers
    W2 : list of n2 numbers, or None
        None without a hidden layer: then n2 = 1, and Z1 is the logit (E33).
    b2 : float
    """

    format: int
    classes: list[Any]
    threshold: float
    blanks: str
    yes: list[str]
    no: list[str]
    columns: list[ColumnSpec]
    single: bool
    W1: list[list[float]]
    b1: list[float]
    W2: list[float] | None
    b2: float


def describe(model: Any) -> Description:
    """Say what a model computes.

    Parameters
    ----------
    model : ModelRecord or estimator
        A model file as `trilayer.modelfile.read` gives it, or what can be saved as one: with an
        encoder, or a network alone; its columns are then its features' names, or x0, x1, …

    Raises
    ------
    ModelFileError
        If it is no model that a file could hold.
    """
    record = model if isinstance(model, ModelRecord) else record_of(model)
    if record.encoder is not None:
        columns = _encoded(record.encoder)
    else:
        names = record.feature_names or [f"x{i}" for i in range(record.params.n1)]
        columns = [_plain(k, name, record.preparation) for k, name in enumerate(names)]
    labels = record.classes.tolist()
    sign = 1.0 if labels[1] == record.positive else -1.0
    params = record.params.astype(np.float64)
    hidden = params.n2 > 0
    return {
        "format": FORMAT,
        "classes": labels if sign > 0 else labels[::-1],
        "threshold": float(record.threshold),
        "blanks": BLANKS,
        "yes": list(_YES),
        "no": list(_NO),
        "columns": columns,
        "single": record.params.dtype == np.float32,
        "W1": (params.W1 if hidden else sign * params.W2).tolist(),
        "b1": (params.b1[:, 0] if hidden else sign * params.b2[0]).tolist(),
        "W2": (sign * params.W2[:, 0]).tolist() if hidden else None,
        "b2": sign * float(params.b2[0, 0]) if hidden else 0.0,
    }


# ---- inside ------------------------------------------------------------------------


def _encoded(encoder: "FittedEncoder") -> list[ColumnSpec]:
    learnt, more = encoder.learnt, encoder.parameters.missing
    columns, first = [], 0
    for column in learnt.columns:
        make = _category if column.kind == CATEGORY else _numbers
        columns.append(make(column, first, learnt.clip, more))
        first += column.width
    return columns


def _column(column: Column, first: int, nothing: Iterable[str], **more: Any) -> ColumnSpec:
    spec: Any = {
        "name": column.name,
        "kind": column.kind,
        "form": column.form,
        "input": first,
        "width": column.width,
        "nothing": list(nothing),
        "nothing_numbers": [],
        "missing": None,
        "parts": [],
        "microseconds": None,
        "levels": None,
        "steps": [],
    }
    made: ColumnSpec = spec | more
    return made


def _numbers(column: Column, first: int, clip: float, more: tuple[str, ...]) -> ColumnSpec:
    parts: list[PartSpec] = []
    for part in column.parts:
        place = first + sum(each.width for each in column.parts[: len(parts)])
        parts.append(
            {
                "name": part.name,
                "input": place,
                "center": part.center,
                "scale": part.scale,
                "clip": None if column.kind == BOOLEAN else clip,
                "edges": list(part.edges),
            }
        )
    return _column(
        column,
        first,
        (word for word in (*MISSING_WORDS, *more) if word),
        nothing_numbers=_as_numbers(more),
        missing=first + column.width - 1 if column.missing else None,
        parts=parts,
        microseconds=_MICROSECONDS.get(column.form) if column.form in TICKS else None,
    )


def _as_numbers(words: tuple[str, ...]) -> list[float]:
    numbers = numbers_of(of_texts(words)).to_pylist() if words else []
    return [each for each in numbers if each is not None and np.isfinite(each)]


def _category(column: Column, first: int, clip: float, more: tuple[str, ...]) -> ColumnSpec:
    known = len(column.levels)
    texts = column.levels + column.counted
    level_inputs = first + sum(part.width for part in column.parts)
    unseen = level_inputs + known if column.other else None
    absent = level_inputs + known + column.other if column.missing else unseen
    counted: list[int | None] = [unseen] * len(column.counted)
    places = {text: place for place, text in enumerate(texts)}
    # Levels of older files may have blanks around them, which no text has that is looked up.
    for place, text in enumerate(texts):
        places.setdefault(text.strip(BLANKS), place)
    words = [*_YES, *_NO]
    meant = same_truth(of_texts(words), texts) if texts else {}
    levels: LevelsSpec = {
        "places": places,
        "truths": {word: places[level] for word, level in meant.items()},
        "inputs": [*range(level_inputs, level_inputs + known), *counted],
        "unseen": unseen,
        "missing": absent,
        "numbers": [_by_level(column, k, first, clip) for k in range(len(column.parts))],
    }
    return _column(column, first, (word for word in more if word), levels=levels)


def _by_level(column: Column, k: int, first: int, clip: float) -> ByLevelSpec:
    part = column.parts[k]
    if part.name == ODDS:
        numbers = np.array(column.odds)
    else:  # one that is missing counts as the mean
        numbers = np.append(np.log(np.array(column.counts, dtype=np.float64)), [0.0, part.center])
    *values, unseen, missing = standardised(numbers, part, clip).tolist()
    return {"input": first + k, "values": values, "unseen": unseen, "missing": missing}


def _plain(place: int, name: str, steps: tuple[Step, ...]) -> ColumnSpec:
    told = [each for step in steps for each in _step(step, place)]
    return _column(Column(name, PLAIN), place, (), width=1, steps=told)


def _step(step: Step, k: int) -> list[list[Any]]:
    """Say what a step of scikit-learn's does to input k (`trilayer.modelfile.preparation`)."""
    at = {name: float(array[k]) for name, array in step.arrays.items()}
    if step.kind == "SimpleImputer":
        return [["fill", at["statistics_"]]]
    if step.kind == "MinMaxScaler":
        bounds = [["clip", *map(float, step.settings["feature_range"])]]
        return [["times", at["scale_"]], ["plus", at["min_"]], *bounds * step.settings["clip"]]
    center = at.get("mean_", at.get("center_")) if step.settings.get("with_mean", True) else None
    told: list[list[Any]] = [] if center is None else [["minus", center]]
    return told + ([["over", at["scale_"]]] if "scale_" in at else [])
