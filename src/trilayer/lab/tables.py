"""A table of one's own: what its columns are, and the samples they make."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trilayer.encoding import TableEncoder
from trilayer.errors import InputError
from trilayer.lab import limits
from trilayer.lab.faults import RefusalError
from trilayer.lab.frames import Message
from trilayer.lab.samples import Floats, Origin, split
from trilayer.lab.settings import Settings
from trilayer.optional import require
from trilayer.tables import (
    BOOLEAN,
    CATEGORY,
    DATE,
    NOWHERE,
    NUMBER,
    convert,
    kind_of,
    read_table,
    refuse_infinite,
)
from trilayer.tables.convert import decoded, without_missing_words

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
else:
    pa, pc = require("pyarrow", "cli"), require("pyarrow.compute", "cli")

ROLES = ("number", "category", "ignore")
_EXAMPLES = 3
_TARGET_WORDS = ("target", "label", "class", "y", "outcome")


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


@dataclass(frozen=True, eq=False)
class Table:
    """A table that was read, and how it is to be used."""

    name: str
    rows: "pa.Table"
    plan: Plan | None = None

    def message(self) -> Message:
        """Build `table`: what the columns are, and which may be the target."""
        targets = [
            {"name": name, "classes": [str(label) for label in labels]}
            for name in self.rows.column_names
            if (labels := two_labels(self.rows[name])) is not None
        ]
        header = {
            "type": "table", "name": self.name, "rows": len(self.rows),
            "columns": [self._column(name) for name in self.rows.column_names],
            "targets": targets, "target": self._guess([t["name"] for t in targets]),
        }  # fmt: skip
        return Message(header, {})

    def _guess(self, targets: Sequence[Any]) -> str | None:
        if self.plan is not None:
            return self.plan.target
        named = [t for t in targets if str(t).casefold() in _TARGET_WORDS]
        return str([*named, *reversed(targets)][0]) if targets else None

    def _column(self, name: str) -> dict[str, Any]:
        values = self.rows[name]
        kind = kind_of(values.type)
        distinct = pc.unique(values).drop_null()
        known = kind in (NUMBER, CATEGORY, BOOLEAN, DATE)
        role = "category" if kind == CATEGORY else "number"
        if not known or len(distinct) < 2:
            role = "ignore"
        elif kind == CATEGORY and len(distinct) > max(20, len(values) // 2):
            role = "ignore"  # it names the rows
        return {
            "name": name,
            "kind": kind,
            "missing": values.null_count,
            "levels": len(distinct),
            "examples": [str(x)[:40] for x in distinct.slice(0, _EXAMPLES).to_pylist()],
            "role": role,
        }

    def suggested(self, target: str | None = None) -> "Table":
        """Return the table with the roles that its columns look made for.

        Parameters
        ----------
        target : str, optional
            By default the column that looks like one; without any, nothing is planned.

        Raises
        ------
        RefusalError
            If the target is no column, or has not two labels.
        """
        told = self.message().header
        target = told["target"] if target is None else target
        if target is None:
            return self
        roles = {c["name"]: c["role"] for c in told["columns"] if c["name"] != target}
        return self.planned(Plan(target, None, roles))

    def planned(self, plan: Plan) -> "Table":
        """Return the same table with other roles.

        Raises
        ------
        RefusalError
            If a column or a role is none, or the target has not two labels.
        """
        for name in (plan.target, *plan.roles):
            if name not in self.rows.column_names:
                raise RefusalError("no_column", column=str(name)[:80])
        for role in plan.roles.values():
            if role not in ROLES:
                raise RefusalError(
                    "bad_value", name="roles", value=str(role)[:80], expected="choice",
                    choices=list(ROLES),
                )  # fmt: skip
        labels = two_labels(self.rows[plan.target])
        if labels is None:
            count = len(pc.unique(answers_of(self.rows[plan.target])).drop_null())
            raise RefusalError("not_two_labels", column=plan.target, count=count)
        texts = [str(label) for label in labels]
        if plan.positive is not None and plan.positive not in texts:
            raise RefusalError(
                "bad_value", name="positive", value=plan.positive[:80], expected="choice",
                choices=texts,
            )  # fmt: skip
        return replace(self, plan=plan)

    def origin(self, settings: Settings) -> Origin:
        """Make the rows samples.

        Raises
        ------
        RefusalError
            If there is nothing to learn from, or too much.
        InputError
            If a value cannot be used, in the library's words.
        """
        if self.plan is None:
            raise RefusalError("no_table")
        labels = two_labels(self.rows[self.plan.target]) or []
        if self.plan.positive is not None and self.plan.positive != str(labels[1]):
            labels = labels[::-1]
        answers = answers_of(self.rows[self.plan.target])
        rows = self.rows.filter(pc.is_valid(answers))
        Y = np.array([float(x == labels[1]) for x in answers.drop_null().to_pylist()])
        notes = []
        if unanswered := answers.null_count:
            notes.append({"code": "unanswered", "params": {"rows": unanswered}})
        made = self._encoded if self.plan.standardise else self._raw
        return made(rows, Y, labels, notes, settings)

    def _inputs(self, role: str) -> list[str]:
        plan = self.plan
        assert plan is not None  # noqa: S101 - `origin` has looked
        names = [name for name in self.rows.column_names if name != plan.target]
        return [name for name in names if plan.roles.get(name, "ignore") == role]

    def _encoded(
        self, rows: "pa.Table", Y: Floats, labels: list[Any], notes: list[Any], settings: Settings
    ) -> Origin:
        numbers, categories = self._inputs("number"), self._inputs("category")
        if not numbers + categories:
            raise RefusalError("no_inputs")
        table = _with_numbers(rows.select([*numbers, *categories]), numbers)
        held_out = split(Y, settings["held_out"], settings["data_seed"])
        encoder = TableEncoder(categorical=categories).fit(table.filter(pa.array(~held_out)))
        width = sum(column.width for column in encoder.columns_)
        if width > limits.INPUTS:
            raise RefusalError("too_many_inputs", inputs=width, limit=limits.INPUTS)
        groups: list[list[int]] = []
        scales: list[tuple[float, float] | None] = []
        for column in encoder.columns_:
            first = len(scales)
            scales += [(part.mean, part.scale) for part in column.parts]
            scales += [None] * (column.width - len(column.parts))
            groups += [[first + i] for i in range(len(column.parts))]
            if rest := list(range(first + len(column.parts), first + column.width)):
                groups.append(rest)
        notes += [
            {"code": "left_out", "params": {"column": name, "why": why}}
            for name, why in encoder.dropped_
        ]
        names = [str(name) for name in encoder.get_feature_names_out()]
        X = np.ascontiguousarray(encoder.transform(table).T)
        return Origin(X, Y, held_out, names, labels, groups, notes, scales, encoder)

    def _raw(
        self, rows: "pa.Table", Y: Floats, labels: list[Any], notes: list[Any], settings: Settings
    ) -> Origin:
        """Take the numbers as they are; rows that lack one are left out."""
        if categories := self._inputs("category"):
            raise RefusalError("raw_needs_numbers", column=categories[0])
        names = self._inputs("number")
        if not names:
            raise RefusalError("no_inputs")
        if len(names) > limits.INPUTS:
            raise RefusalError("too_many_inputs", inputs=len(names), limit=limits.INPUTS)
        for name in names:
            if kind_of(rows[name].type) == DATE:
                raise RefusalError("raw_needs_numbers", column=name)
        table = _with_numbers(rows.select(names), names)
        X = np.stack([_floats(table[name]) for name in names])
        whole = np.isfinite(X).all(axis=0)
        if not whole.all():
            notes.append({"code": "incomplete", "params": {"rows": int((~whole).sum())}})
        X, Y = np.ascontiguousarray(X[:, whole]), Y[whole]
        held_out = split(Y, settings["held_out"], settings["data_seed"])
        groups = [[i] for i in range(len(names))]
        return Origin(X, Y, held_out, names, labels, groups, notes, [None] * len(names))


def read(name: str, source: bytes | Sequence[Path]) -> Table:
    """Read a table: an upload's bytes, or files.

    Raises
    ------
    RefusalError
        If it is too large, or has too many rows.
    InputError
        If it is no table, in the library's words.
    """
    if isinstance(source, bytes):
        if len(source) > limits.UPLOAD_BYTES:
            raise RefusalError("too_large", bytes=len(source), limit=limits.UPLOAD_BYTES)
        rows = _read_upload(name, source)
    else:
        rows = read_table(source)
    if len(rows) > limits.ROWS:
        raise RefusalError("too_many_rows", rows=len(rows), limit=limits.ROWS)
    if not rows.num_columns:
        raise RefusalError("no_inputs")
    return Table(name, rows)


def _read_upload(name: str, data: bytes) -> "pa.Table":
    try:
        return read_table(io.BytesIO(data))
    except InputError as error:  # it calls every stream by one name
        raise RefusalError("said", text=str(error).replace("standard input", name, 1)) from error


def answers_of(values: "pa.ChunkedArray") -> "pa.ChunkedArray":
    """Return a column as labels: what stands for nothing is missing."""
    values = decoded(values)
    if kind_of(values.type) == CATEGORY:
        return without_missing_words(values)
    if pa.types.is_floating(values.type):
        return pc.if_else(pc.is_nan(values), pa.scalar(None, values.type), values)
    return values


def two_labels(values: "pa.ChunkedArray") -> list[Any] | None:
    """Return the two values of a column, sorted; None if it has not just two."""
    if kind_of(values.type) not in (NUMBER, CATEGORY, BOOLEAN):
        return None
    labels = pc.unique(answers_of(values)).drop_null().to_pylist()
    if len(labels) != 2:
        return None
    return sorted(int(x) if isinstance(x, float) and x.is_integer() else x for x in labels)


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
    return np.asarray(values.cast("float64").to_numpy(zero_copy_only=False), dtype=np.float64)


def plan_of(wanted: dict[str, Any]) -> Plan:
    """Read `use_table`'s parameters.

    Raises
    ------
    RefusalError
    """
    target, positive = wanted.get("target"), wanted.get("positive")
    roles, standardise = wanted.get("roles", {}), wanted.get("standardise", True)
    for name, value, kind, expected in (
        ("target", target, str, "text"),
        ("positive", positive, str | None, "text"),
        ("roles", roles, dict, "object"),
        ("standardise", standardise, bool, "boolean"),
    ):
        if not isinstance(value, kind):
            raise RefusalError("bad_value", name=name, value=None, expected=expected)
    return Plan(str(target), positive, {str(k): str(v) for k, v in roles.items()}, standardise)
