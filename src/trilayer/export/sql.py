"""A model as one query: SQL for DuckDB, SQLite, PostgreSQL, BigQuery and ClickHouse.

Steps, each computed once: ``v`` has the columns' values as numbers and as trimmed texts, ``p``
where they are (a row of weights for a level, two rows and a share for a number in its bins), and
``r`` adds those rows up, unit by unit. All weights that are looked up are one table ``w``. A
hidden unit is computed as σ(z) = (1 + tanh(z/2)) / 2, with the halves in the weights: so no
function overflows, which PostgreSQL would refuse.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from trilayer.errors import InputError
from trilayer.export.description import Description
from trilayer.export.sql_columns import Cleaned, Placed, Rows, cleaned, placed
from trilayer.export.sql_dialects import DIALECTS, Dialect, number

MOST_UNITS = 1500
"""Columns that a table may have in PostgreSQL, less a few."""
_JOINS = 40  # at once: SQLite allows 64


def query(
    description: Description, dialect: str, *, table: str = "data", ids: Sequence[str] = ()
) -> str:
    """Write the query: the table's rows with logit, probability and label.

    Parameters
    ----------
    description : Description
    dialect : str
        One of `trilayer.export.sql_dialects.DIALECTS`.
    table : str
        Where the rows are; a name with points names what the table is in.
    ids : sequence of str
        Columns to keep beside those of the model.

    Raises
    ------
    InputError
        If no database could hold the weights.
    """
    d = DIALECTS[dialect]
    half = 1.0 if description["W2"] is None else 0.5
    rows = Rows(half * np.array(description["W1"], dtype=np.float64))
    if rows.W1.shape[1] > MOST_UNITS:
        raise InputError(
            f"the network has {rows.W1.shape[1]:,} hidden units, and tables of databases have "
            f"{MOST_UNITS:,} columns at most: train it with a smaller --hidden or --starts"
        )
    columns = description["columns"]
    clean = [cleaned(d, description, column, i) for i, column in enumerate(columns)]
    places = [placed(d, column, i, rows) for i, column in enumerate(columns)]
    names = [column["name"] for column in columns] + [
        name for name in ids if name not in {column["name"] for column in columns}
    ]
    given = [f"t.{d.identifier(name)} AS x{i}" for i, name in enumerate(names)]
    source = ".".join(d.identifier(each) for each in table.split("."))
    values = ", ".join([*given, *(each for c in clean for each in c.values), _bad(clean)])
    steps = [*_tables(d, rows, places)]
    steps.append(f"v AS {d.materialized}(\nSELECT {values}\nFROM {source} AS t)")
    kept = [f"x{i}" for i in range(len(names))] + ["bad"]
    found = [*(f"v.{name}" for name in kept), *(e for p in places for e in p.exprs)]
    if len(found) > MOST_UNITS:
        raise InputError(
            f"the model reads {len(columns):,} columns, which become {len(found):,} in a step of "
            f"the query, and databases allow {MOST_UNITS:,}: choose another --to"
        )
    taken = ", ".join(found)
    looked_up = list(_looked_up(d, places))
    steps += looked_up
    origin = f"l{len(looked_up) - 1} AS v" if looked_up else "v"
    steps.append(f"p AS {d.materialized}(\nSELECT {taken}\nFROM {origin})")
    steps += _summed(d, description, rows, places, kept)
    return f"WITH {', '.join(steps)}\n{_told(d, description, names)}\n"


def _bad(clean: Sequence[Cleaned]) -> str:
    wrong = " OR ".join(f"({c.wrong})" for c in clean if c.wrong)
    return f"CASE WHEN {wrong} THEN 1 ELSE 0 END AS bad" if wrong else "0 AS bad"


def _tables(d: Dialect, rows: Rows, places: Sequence[Placed]) -> Iterator[str]:
    """Write the weights that are looked up, and the texts of levels."""
    units = [f"u{j}" for j in range(rows.W1.shape[1])]
    cells = [[str(i), *map(number, row)] for i, row in enumerate(rows.found)]
    types = [d.whole, *[d.double] * len(units)]
    yield d.values("w", ["code", *units], types, cells)
    texts = [row for place in places for row in place.texts]
    if texts:
        numbers = max(map(len, texts)) - 3  # that a level has, for some column
        names = ["place", "text", "code", *(f"z{k}" for k in range(numbers))]
        types = [d.whole, d.string, d.whole, *[d.double] * numbers]
        filled = [row + ["0e0"] * (len(names) - len(row)) for row in texts]
        yield d.values("levels", names, types, filled)


def _looked_up(d: Dialect, places: Sequence[Placed]) -> Iterator[str]:
    """Write the steps that look levels up; only so many at once."""
    before = "v"
    columns = [i for i, place in enumerate(places) if place.texts]
    for n, first in enumerate(range(0, len(columns), _JOINS)):
        some = columns[first : first + _JOINS]
        found = ", ".join(
            name
            for i in some
            for name in (
                f"l{i}.code AS lc{i}",
                *(f"l{i}.z{k} AS lz{k}_{i}" for k in range(len(places[i].texts[0]) - 3)),
            )
        )
        joins = "".join(
            f"\nLEFT JOIN levels AS l{i} ON l{i}.place = {i} AND l{i}.text = v.k{i}" for i in some
        )
        yield f"l{n} AS {d.materialized}(\nSELECT v.*, {found}\nFROM {before} AS v{joins})"
        before = f"l{n}"


def _summed(
    d: Dialect, description: Description, rows: Rows, places: Sequence[Placed], kept: Sequence[str]
) -> Iterator[str]:
    """Write the steps that add up what the columns are worth, and the last one, the logit."""
    groups: list[list[Placed]] = [[]]
    for place in places:
        if sum(len(p.lookups) for p in groups[-1]) + len(place.lookups) > _JOINS:
            groups.append([])
        groups[-1].append(place)
    half = 1.0 if description["W2"] is None else 0.5
    b1, before = half * np.array(description["b1"]), "p"
    for i, group in enumerate(groups):
        sums = []
        for j in range(rows.W1.shape[1]):
            start = number(b1[j]) if i == 0 else f"{before}.s{i - 1}_{j}"
            sums.append(added([start, *(each for p in group for each in p.terms(j, rows.W1))]))
        joins = "".join(
            f"\nLEFT JOIN w AS {alias} ON {alias}.code = {before}.{code}"
            for p in group
            for alias, code in p.lookups
        )
        origin = f"\nFROM {before}{joins})"
        if i == len(groups) - 1:
            told = ", ".join(f"{before}.{name}" for name in kept)
            logit = f"CASE WHEN {before}.bad = 1 THEN NULL ELSE {_logit(description, sums)} END"
            yield f"r AS {d.materialized}(\nSELECT {told}, {logit} AS logit{origin}"
        else:
            told = ", ".join(f"{each} AS s{i}_{j}" for j, each in enumerate(sums))
            yield f"p{i} AS {d.materialized}(\nSELECT {before}.*, {told}{origin}"
            before = f"p{i}"


def _logit(description: Description, sums: Sequence[str]) -> str:
    if description["W2"] is None:
        return sums[0]
    W2 = 0.5 * np.array(description["W2"])
    units = (f"{number(w)}*tanh(\n{each})" for w, each in zip(W2.tolist(), sums, strict=True))
    return added([number(description["b2"] + float(W2.sum())), *units])


def _told(d: Dialect, description: Description, names: Sequence[str]) -> str:
    """Write the last step: columns under their names, probability and label."""
    # Beyond 700 no float64 differs from 0 and 1 by as much as it could here; exp must not overflow.
    p = (
        "CASE WHEN r.logit >= 700e0 THEN 1e0 WHEN r.logit <= -700e0 THEN 0e0 "
        "ELSE 1e0 / (1e0 + exp(-r.logit)) END"
    )
    told = [f"r.x{i} AS {d.identifier(name)}" for i, name in enumerate(names)]
    no, yes = (_label(d, each) for each in description["classes"])
    said = f"{p} >= {number(description['threshold'])}"
    label = f"CASE WHEN {said} THEN {yes} WHEN r.logit IS NOT NULL THEN {no} END"
    return (
        f"SELECT {', '.join(told)}, r.logit AS logit, {p} AS probability, {label} AS label\nFROM r"
    )


def _label(d: Dialect, label: Any) -> str:
    if isinstance(label, str):
        return d.text(label)
    return str(label).upper() if isinstance(label, bool) else repr(label)


def added(terms: Sequence[str]) -> str:
    """Add terms up, in brackets where there are many: databases bound how deep they may nest."""
    if len(terms) <= 100:
        return "+".join(terms)
    parts = [terms[i : i + 100] for i in range(0, len(terms), 100)]
    return added([f"({'+'.join(part)})" for part in parts])
