"""What a page is told first: what there is to choose from, and the table of equations."""

from typing import TYPE_CHECKING, Any

from trilayer._version import __version__
from trilayer.derivation.misprints import MISPRINTS
from trilayer.engines import select
from trilayer.lab import equations, limits
from trilayer.lab.beliefs import BELIEVABLE
from trilayer.lab.frames import Message
from trilayer.lab.settings import FIELDS, KNOBS, Field
from trilayer.lab.toys import TOYS

if TYPE_CHECKING:
    from trilayer.lab.tables import Table

PROTOCOL = 1


def hello(table: "Table | None") -> Message:
    """Build `hello`."""
    return Message(
        {
            "type": "hello",
            "protocol": PROTOCOL,
            "version": __version__,
            "engine": select("auto").description,
            "limits": limits.AS_JSON,
            "toys": [
                {"name": name, "points": FIELDS["points"].default, "noise": toy.noise}
                for name, toy in TOYS.items()
            ],
            "solvers": {solver: _fields(knobs) for solver, knobs in KNOBS.items()},
            "settings": _fields(FIELDS),
            "equations": equations.as_json(),
            "misprints": [
                {
                    "id": r.id, "where": r.where, "printed": r.as_printed,
                    "corrected": r.as_corrected, "why": r.why, "check": r.check,
                    "believable": r.id in BELIEVABLE,
                }
                for r in MISPRINTS
            ],
            "table": None if table is None else table.message().header,
        },
        {},
    )  # fmt: skip


def _fields(fields: dict[str, Field]) -> dict[str, Any]:
    return {name: field.as_json() for name, field in fields.items()}
