"""The rows of a table as samples, as its columns' roles say."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from trilayer.encoding import TableEncoder
from trilayer.lab import limits
from trilayer.lab.faults import RefusalError
from trilayer.lab.samples import Floats, Origin, split
from trilayer.lab.settings import Settings
from trilayer.optional import require
from trilayer.tables import CATEGORY, DATE, NOWHERE, NUMBER, convert, kind_of, refuse_infinite
from trilayer.tables.convert import decoded
from trilayer.tables.words import without_missing_words

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
else:
    pa, pc = require("pyarrow", "cli"), require("pyarrow.compute", "cli")


@dataclass(frozen=True)
class Plan:
    """What the columns are for.

    Attributes
    ----------
    target : str
    positive : str or None
        The label of y = 1, as text; by default the second in sorted order.
    roles : dict of str to str
        The other columns': number (as it is), category or ignore.
    standardise : bool
    """

    target: str
    positive: str | None
    roles: dict[str, str]
    standardise: bool = True


def answers_of(values: "pa.ChunkedArray") -> "pa.ChunkedArray":
    """Return a column as labels: what stands for nothing is missing."""
    values = decoded(values)
    if kind_of(values.type) == CATEGORY:
        return without_missing_words(values)
    if pa.types.is_floating(values.type):
        return pc.if_else(pc.is_nan(values), pa.scalar(None, values.type), values)
    return values


def two_labels(values: "pa.ChunkedArray") -> list[Any] | None:
    """Return the two values of a column, sorted; None if it cannot be a target."""
    answers = answers_of(values)
    is_ = pa.types
    known = (is_.is_integer, is_.is_floating, is_.is_boolean)
    if kind_of(answers.type) != CATEGORY and not any(test(answers.type) for test in known):
        return None
    labels = pc.unique(answers).drop_null().to_pylist()
    if len(labels) != 2:
        return None
    return sorted(int(x) if isinstance(x, float) and x.is_integer() else x for x in labels)


def origin_of(table: "pa.Table", plan: Plan, settings: Settings) -> Origin:
    """Make the rows that have an answer samples.

    Raises
    ------
    RefusalError
        If there is nothing to learn from, or too much.
    InputError
        If a value cannot be used, in the library's words.
    """
    answers = answers_of(table[plan.target])
    labels = two_labels(answers) or []
    if plan.positive is not None and plan.positive != str(labels[1]):
        labels = labels[::-1]
    Y = np.array([float(x == labels[1]) for x in answers.drop_null().to_pylist()])
    numbers = _with_role("number", table, plan)
    categories = _with_role("category", table, plan)
    if not numbers + categories:
        raise RefusalError("no_inputs")
    rows = table.filter(pc.is_valid(answers)).select([*numbers, *categories])
    if plan.standardise:
        made = _encoded(_with_numbers(rows, numbers), categories, Y, labels, settings)
    else:
        made = _raw(rows, categories, Y, labels, settings)
    if answers.null_count:
        made.notes.append({"code": "unanswered", "params": {"rows": answers.null_count}})
    return made


def _with_role(role: str, table: "pa.Table", plan: Plan) -> list[str]:
    names = [name for name in table.column_names if name != plan.target]
    return [name for name in names if plan.roles.get(name, "ignore") == role]


def _encoded(
    rows: "pa.Table", categories: list[str], Y: Floats, labels: list[Any], settings: Settings
) -> Origin:
    """Standardise and encode, as learnt from the training rows alone."""
    held_out = split(Y, settings["held_out"], settings["data_seed"])
    numbers = [name for name in rows.column_names if kind_of(rows[name].type) == NUMBER]
    number = [name for name in numbers if name not in categories]  # a role is a person's word
    encoder = TableEncoder(categorical=categories, number=number, max_bins=0)
    encoder.fit(rows.filter(pa.array(~held_out)))
    groups: list[list[int]] = []
    scales: list[tuple[float, float] | None] = []
    for column in encoder.columns_:
        first = len(scales)
        alone = len(column.parts)
        scales += [(part.center, part.scale) for part in column.parts]
        scales += [None] * (column.width - alone)
        groups += [[first + i] for i in range(alone)]
        if rest := list(range(first + alone, first + column.width)):
            groups.append(rest)
    _refuse_too_many(len(scales))
    notes = [
        {"code": "left_out", "params": {"column": name, "why": why}}
        for name, why in encoder.dropped_
    ]
    names = [str(name) for name in encoder.get_feature_names_out()]
    X = np.ascontiguousarray(encoder.transform(rows).T)
    return Origin(X, Y, held_out, names, labels, groups, notes, scales, encoder)


def _raw(
    rows: "pa.Table", categories: list[str], Y: Floats, labels: list[Any], settings: Settings
) -> Origin:
    """Take the numbers as they are; rows that lack one are left out."""
    names = list(rows.column_names)
    dates = [name for name in names if kind_of(rows[name].type) == DATE]
    if unfit := [*categories, *dates]:
        raise RefusalError("raw_needs_numbers", column=unfit[0])
    _refuse_too_many(len(names))
    table = _with_numbers(rows, names)
    X = np.stack([_floats(table[name]) for name in names])
    whole = np.isfinite(X).all(axis=0)
    X, Y = np.ascontiguousarray(X[:, whole]), Y[whole]
    held_out = split(Y, settings["held_out"], settings["data_seed"])
    notes = []
    if not whole.all():
        notes.append({"code": "incomplete", "params": {"rows": int((~whole).sum())}})
    groups = [[i] for i in range(len(names))]
    return Origin(X, Y, held_out, names, labels, groups, notes, [None] * len(names))


def _refuse_too_many(inputs: int) -> None:
    if inputs > limits.INPUTS:
        raise RefusalError("too_many_inputs", inputs=inputs, limit=limits.INPUTS)


def _with_numbers(table: "pa.Table", names: Sequence[str]) -> "pa.Table":
    """Return the table with numbers where text was to be numbers, and none infinite."""
    columns = {name: table[name] for name in table.column_names}
    for name in names:
        if kind_of(columns[name].type) == CATEGORY:
            columns[name] = convert(columns[name], NUMBER, name)
    made = pa.table(columns)
    refuse_infinite(made, [n for n in names if kind_of(made[n].type) == NUMBER], NOWHERE)
    return made


def _floats(values: "pa.ChunkedArray") -> Floats:
    numbers = values.cast("float64", safe=False)  # a large integer may lose its last digits
    return np.asarray(numbers.to_numpy(zero_copy_only=False), dtype=np.float64)
