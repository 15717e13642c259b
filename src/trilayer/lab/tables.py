"""A table of one's own: what its columns are, and the samples they make."""

import io
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trilayer.errors import TriLayerError
from trilayer.lab import limits
from trilayer.lab.faults import RefusalError
from trilayer.lab.frames import Message
from trilayer.lab.rows import Plan, answers_of, origin_of, two_labels
from trilayer.lab.samples import Origin
from trilayer.lab.settings import Settings
from trilayer.optional import require
from trilayer.tables import CATEGORY, KINDS, kind_of, read_table
from trilayer.tables.convert import decoded
from trilayer.tables.files import TableFile
from trilayer.tables.packing import is_packed, unpacked
from trilayer.tables.storage import PARQUET

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq
else:
    pa, pc = require("pyarrow", "cli"), require("pyarrow.compute", "cli")
    pq = require("pyarrow.parquet", "cli")

ROLES = ("number", "category", "ignore")

_EXAMPLES = 3
_TARGET_WORDS = ("target", "label", "class", "y", "outcome")


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
        values = decoded(self.rows[name])
        kind = kind_of(values.type)
        if kind not in KINDS:
            told = {"name": name, "kind": kind, "missing": values.null_count}
            return {**told, "levels": 0, "examples": [], "role": "ignore"}
        distinct = pc.unique(values).drop_null()
        role = "category" if kind == CATEGORY else "number"
        if len(distinct) < 2:
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
        """Make the rows samples; raises what `origin_of` does."""
        if self.plan is None:
            raise RefusalError("no_table")
        return origin_of(self.rows, self.plan, settings)


def read(name: str, source: bytes | Sequence[Path] | Sequence[TableFile]) -> Table:
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
    data = _unpacked(data)
    try:
        return read_table(io.BytesIO(data))
    except TriLayerError as error:  # it calls every stream by one name
        raise RefusalError("said", text=str(error).replace("standard input", name, 1)) from error


def _unpacked(data: bytes) -> bytes:
    """Unpack what is packed, up to a limit; refuse Parquet that says it has too many rows.

    A few bytes of either can stand for more than the memory there is.
    """
    if is_packed(data[:4]):
        with suppress(OSError, pa.ArrowException, TriLayerError):  # it is said where it is read
            plain = unpacked(pa.BufferReader(data), data[:4], "")
            data = bytes(plain.read(limits.UNPACKED_BYTES + 1))
        if len(data) > limits.UNPACKED_BYTES:
            raise RefusalError("too_large", bytes=len(data), limit=limits.UNPACKED_BYTES)
    if data.startswith(PARQUET):
        with suppress(pa.ArrowException, OSError):
            rows = pq.read_metadata(pa.BufferReader(data)).num_rows
            if rows > limits.ROWS:
                raise RefusalError("too_many_rows", rows=rows, limit=limits.ROWS)
    return data


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
