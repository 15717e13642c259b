"""What an encoder learns, as plain arrays and JSON; and back, with nothing taken on trust."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from trilayer.encoding import checks
from trilayer.encoding.columns import BOOLEAN, CATEGORY, FREQUENCY, ODDS, PARTS, SIGNS, Column
from trilayer.encoding.parameters import DECIMALS, DTYPES, THOUSANDS, Parameters
from trilayer.encoding.stores import Arrays, Stores, of_version_1, packed

VERSION = 2
_LARGEST_CLIP = 1e6

_SPEC = {
    "version": int,
    "names": list,
    "named": bool,
    "n_rows": int,
    "clip": float,
    "parameters": dict,
    "columns": list,
    "dropped": list,
}
_COLUMN = {
    "name": str,
    "kind": str,
    "parts": list,
    "levels": int,
    "counted": int,
    "other": bool,
    "missing": bool,
    "n_missing": int,
    "n_levels": int,
    "note": str,
}
# What is only there where text is written otherwise than plainly, or a person said how it is.
_FORM = {"form": str}
_TOLD = {
    "number": list,
    "date": list,
    "missing": list,
    "decimal": str,
    "thousands": str,
    "dayfirst": bool,
}
_PARAMETERS = {
    "categorical": list,
    "drop": list,
    "max_bins": int,
    "max_levels": int,
    "dtype": str,
}


@dataclass(frozen=True)
class Learnt:
    """Everything a fitted encoder knows.

    Attributes
    ----------
    names : tuple of str
        The columns of the table, in its order.
    named : bool
        Whether these names are the table's own, or stand for positions.
    n_rows : int
        The number of rows learnt from.
    clip : float
        What scaled numbers stay below.
    columns : tuple of Column
        The columns used, in the table's order.
    dropped : tuple of (str, str)
        The columns left out, and why.
    """

    names: tuple[str, ...]
    named: bool
    n_rows: int
    clip: float
    columns: tuple[Column, ...]
    dropped: tuple[tuple[str, str], ...]


def pack(learnt: Learnt, parameters: Parameters) -> tuple[Arrays, dict[str, Any]]:
    """Split what was learnt into numeric arrays and a JSON-able description."""
    arrays = packed(learnt.columns)
    spec: dict[str, Any] = {
        "version": VERSION,
        "names": list(learnt.names),
        "named": learnt.named,
        "n_rows": learnt.n_rows,
        "clip": learnt.clip,
        "parameters": _pack_parameters(parameters),
        "columns": [_pack_column(column) for column in learnt.columns],
        "dropped": [list(pair) for pair in learnt.dropped],
    }
    return arrays, spec


def _pack_parameters(parameters: Parameters) -> dict[str, Any]:
    said = {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(parameters).items()}
    return {k: v for k, v in said.items() if k not in _TOLD or v not in ([], None)}


def _pack_column(column: Column) -> dict[str, Any]:
    """Describe a column; what is in arrays is only counted."""
    said = {**vars(column), "parts": [part.name for part in column.parts]}
    said |= {"levels": len(column.levels), "counted": len(column.counted)}
    for name in ("counts", "odds", "crossed"):
        del said[name]
    if not column.form:
        del said["form"]
    return said


def unpack(arrays: object, spec: object) -> tuple[Learnt, Parameters]:
    """Put together again what `pack` took apart.

    Raises
    ------
    ModelFileError
        Saying which part is not what it should be.
    """
    claims = checks.fields(spec, _SPEC, "the description")
    checks.require(claims["version"] in (1, VERSION), f"its version is neither 1 nor {VERSION}")
    if claims["version"] == 1:
        arrays, claims = of_version_1(arrays, claims)
    checks.require(0 < claims["clip"] <= _LARGEST_CLIP, "clip is out of range")
    names = checks.texts(claims["names"], "names")
    parameters = _parameters(claims["parameters"])
    columns = _columns(claims, Stores(arrays), parameters.max_bins)
    dropped = tuple(_pair(pair) for pair in claims["dropped"])
    _check_order(names, [column.name for column in columns], [name for name, _ in dropped])
    learnt = Learnt(names, claims["named"], claims["n_rows"], claims["clip"], columns, dropped)
    return learnt, parameters


def _columns(claims: Mapping[str, Any], stores: Stores, max_bins: int) -> tuple[Column, ...]:
    columns = tuple(
        _column(record, stores, claims["n_rows"], max_bins) for record in claims["columns"]
    )
    checks.require(columns, "it has no columns")
    stores.check_empty()
    return columns


def _column(record: object, stores: Stores, n_rows: int, max_bins: int) -> Column:
    written = isinstance(record, dict) and "form" in record
    claims = checks.fields(record, _COLUMN | _FORM if written else _COLUMN, "a column")
    where = f"column {claims['name']!r}"
    _check_claims(claims, n_rows, where)
    parts = stores.parts(claims["parts"])
    levels, counted = stores.levels(claims["levels"]), stores.levels(claims["counted"])
    counts = stores.counts(len(levels + counted) if FREQUENCY in claims["parts"] else 0)
    # Beside those of the levels, the odds of any other text and of a missing value.
    odds = stores.odds(len(levels + counted) + 2 if ODDS in claims["parts"] else 0)
    inside = {
        "parts": parts, "levels": levels, "counted": counted, "counts": counts, "odds": odds,
    }  # fmt: skip
    column = Column(**{**claims, **inside})
    checks.require(column.width, f"{where} becomes no input")
    checks.require(len({*levels, *counted}) == len(levels + counted), f"{where} has a level twice")
    checks.require(column.kind != CATEGORY or not column.bins, f"{where} has bins, but no numbers")
    checks.require(sum(counts) <= n_rows, f"{where} counts more values than there were rows")
    few = all(part.bins <= max_bins for part in parts)
    checks.require(few, f"{where} has more bins than max_bins")
    other_signs = column.kind == BOOLEAN and parts not in {(), SIGNS}
    checks.require(not other_signs, f"{where} is not scaled as truth values are")
    return column


def _check_claims(claims: Mapping[str, Any], n_rows: int, where: str) -> None:
    """Check what a column says of itself, before any of it is looked up."""
    kind, n_missing = claims["kind"], claims["n_missing"]
    checks.require(kind in PARTS, f"{where} is of no known kind")
    if "form" in claims:
        from trilayer.tables.readings import is_form  # what it stands in needs pyarrow

        sound = claims["form"] and is_form(kind, claims["form"])
        checks.require(sound, f"{where} is written in no known form")
    parts = checks.texts(claims["parts"], f"parts of {where}")
    ordered = tuple(part for part in PARTS[kind] if part in parts)
    checks.require(parts == ordered, f"{where} has parts that its kind has not")
    levels = claims["levels"] + claims["counted"]
    only_category = not (levels or claims["other"] or claims["n_levels"])
    checks.require(kind == CATEGORY or only_category, f"{where} has levels, but is no category")
    checks.require(levels <= claims["n_levels"], f"{where} has more levels than it had")
    checks.require(claims["levels"] or not claims["other"], f"{where} has no levels but others")
    frequency = FREQUENCY in parts
    checks.require(claims["other"] or not frequency, f"{where} has a frequency, but no rare levels")
    told = frequency or ODDS in parts
    checks.require(told or not claims["counted"], f"{where} counts levels for no frequency")
    checks.require(n_missing <= n_rows, f"{where} misses more values than there were rows")
    checks.require(claims["missing"] == (n_missing > 0), f"{where} misstates its missing values")


def _pair(pair: Any) -> tuple[str, str]:
    checks.require(type(pair) is list and len(pair) == 2, "a dropped column is no pair")
    name, reason = pair
    checks.value(name, str, "a dropped column")
    checks.value(reason, str, "a reason")
    return name, reason


def _check_order(names: Sequence[str], used: Sequence[str], dropped: Sequence[str]) -> None:
    """Every column is used or dropped, in the order of the table."""
    for part, where in ((used, "columns"), (dropped, "dropped")):
        checks.require(
            list(part) == [name for name in names if name in set(part)],
            f"{where} and names disagree",
        )
    checks.require(len(used) + len(dropped) == len(names), "columns and dropped are not all names")
    checks.require(not set(used) & set(dropped), "a column is both used and dropped")


def _parameters(record: object) -> Parameters:
    optional = type(None) if isinstance(record, dict) and record.get("min_count") is None else int
    told = {
        name: kind for name, kind in _TOLD.items() if isinstance(record, dict) and name in record
    }
    types = {**_PARAMETERS, "min_count": optional, **told}
    claims = checks.fields(record, types, "the parameters")
    checks.require(claims["max_levels"] > 0, "max_levels is not positive")
    checks.require(claims["min_count"] != 0, "min_count is not positive")
    checks.require(claims["dtype"] in DTYPES, "dtype is neither float32 nor float64")
    checks.require(claims.get("decimal") in (None, *DECIMALS), "decimal is no sign for decimals")
    checks.require(claims.get("thousands") in (None, *THOUSANDS), "thousands is no such sign")
    listed = ("categorical", "drop", "number", "date", "missing")
    lists = {name: checks.texts(claims[name], name) for name in listed if name in claims}
    checks.require(all(lists[name] for name in lists if name in told), "a list of columns is empty")
    return Parameters(**{**claims, **lists})
