"""The encoder's part of an export to C: each column's tables, and its function."""

import math
from collections.abc import Sequence
from typing import Any

from trilayer.export.description import ColumnSpec, LevelsSpec, PartSpec
from trilayer.export.literals import numbers

_LONGEST = 4000  # bytes: a compiler need not take longer literals
_DATE_PARTS = ("year", "month", "weekday", "hour", "days")


def number(value: float) -> str:
    """Write a double."""
    return repr(float(value))


def column_function(column: ColumnSpec, field: str) -> str:
    """Write a column's tables, and the function that adds what it is worth to Z1."""
    head = f"static int add_in_{field}(real *Z1, const trilayer_row *row)\n{{\n"
    if column["kind"] == "category" and column["levels"] is not None:
        tables = _category(column["levels"], column["nothing"], field)
        return (
            f"{tables}{head}  add_level(Z1, &column_in_{field}, row->{field});\n  return 1;\n}}\n\n"
        )
    if column["kind"] == "plain":
        steps = "".join(f"  {_step(*step)}\n" for step in column["steps"])
        body = f"  double x = row->{field};\n{steps}  if (!isfinite(x))\n    return 0;\n"
        return f"{head}{body}  add(Z1, {column['input']}, x);\n  return 1;\n}}\n\n"
    tables = "".join(_edges(part, f"{field}_{part['name']}") for part in column["parts"])
    parts = ",\n  ".join(_part(part, f"{field}_{part['name']}") for part in column["parts"])
    if parts:
        tables += f"static const part_of_value parts_in_{field}[] = {{\n  {parts}\n}};\n"
    body = _from_date(column, field) if column["kind"] == "date" else _from_number(column, field)
    return f"{tables}{head}{body}  return 1;\n}}\n\n"


def _from_number(column: ColumnSpec, field: str) -> str:
    nothing = " || ".join(f"x == {number(each)}" for each in column["nothing_numbers"])
    lines = [f"double x = row->{field};"]
    lines += [f"if ({nothing})\n    x = NAN;"] * bool(nothing)
    wrong = "isinf(x)" if column["kind"] == "number" else "!isnan(x) && x != 0.0 && x != 1.0"
    lines += [f"if ({wrong})\n    return 0;"]
    if column["missing"] is not None:
        lines += [f"if (isnan(x))\n    add(Z1, {column['missing']}, 1.0);"]
    for i in range(len(column["parts"])):
        center = f"parts_in_{field}[{i}].center"
        lines += [f"add_part(Z1, &parts_in_{field}[{i}], isnan(x) ? {center} : x);"]
    return "".join(f"  {line}\n" for line in lines)


def _from_date(column: ColumnSpec, field: str) -> str:
    lines = [f"int absent = row->{field} == TRILAYER_NO_DATE;"]
    if column["parts"]:
        lines += ["double parts[5];", f"parts_of_date(absent ? 0 : row->{field}, parts);"]
    if column["missing"] is not None:
        lines += [f"if (absent)\n    add(Z1, {column['missing']}, 1.0);"]
    for i, part in enumerate(column["parts"]):
        center, place = f"parts_in_{field}[{i}].center", _DATE_PARTS.index(part["name"])
        lines += [f"add_part(Z1, &parts_in_{field}[{i}], absent ? {center} : parts[{place}]);"]
    return "".join(f"  {line}\n" for line in lines)


def _edges(part: PartSpec, name: str) -> str:
    return array("double", f"edges_in_{name}", part["edges"]) if part["edges"] else ""


def _part(part: PartSpec, name: str) -> str:
    told = (part["center"], part["scale"], part["clip"] or 0.0)
    edges = f"edges_in_{name}" if part["edges"] else "NULL"
    return f"{{{part['input']}, {', '.join(map(number, told))}, {edges}, {len(part['edges'])}}}"


def _step(name: str, by: float, high: float = math.inf) -> str:
    """Write what happens to a plain number before the network."""
    if name == "fill":
        return f"x = isnan(x) ? {number(by)} : x;"
    if name == "clip":
        return f"x = x < {number(by)} ? {number(by)} : x > {number(high)} ? {number(high)} : x;"
    sign = {"plus": "+", "minus": "-", "times": "*", "over": "/"}[name]
    return f"x = x {sign} ({number(by)});"


def _category(levels: LevelsSpec, nothing: Sequence[str], field: str) -> str:
    """Write the tables of a category."""
    texts = sorted(levels["places"].items(), key=lambda item: item[0].encode())
    pairs = {"texts": texts, "truths": list(levels["truths"].items())}
    tables = [
        _table("text_of_level", f"{name}_in_{field}", [f"{{{text(t)}, {p}}}" for t, p in each])
        for name, each in pairs.items()
    ]
    tables.append(_table("trilayer_text", f"nothing_in_{field}", [text(word) for word in nothing]))
    tables.append(_table("int", f"inputs_in_{field}", [_input(k) for k in levels["inputs"]]))
    by_level = []
    for k, each in enumerate(levels["numbers"]):
        values = f"values_{k}_in_{field}"
        tables.append(_table("double", values, numbers(each["values"])))
        ends = ", ".join(map(number, (each["unseen"], each["missing"])))
        by_level.append(f"{{{each['input']}, {values if each['values'] else 'NULL'}, {ends}}}")
    tables.append(_table("number_of_level", f"numbers_in_{field}", by_level))

    def named(name: str, items: Sequence[Any]) -> str:
        return f"{name}_in_{field}" if items else "NULL"

    told = [
        f"{named('texts', texts)}, {len(texts)}",
        f"{named('truths', pairs['truths'])}, {len(levels['truths'])}",
        f"{named('nothing', nothing)}, {len(nothing)}",
        named("inputs", levels["inputs"]),
        f"{_input(levels['unseen'])}, {_input(levels['missing'])}",
        f"{named('numbers', by_level)}, {len(by_level)}",
    ]
    return (
        "".join(tables)
        + f"static const category column_in_{field} = {{\n  {', '.join(told)}\n}};\n"
    )


def _table(kind: str, name: str, items: Sequence[str]) -> str:
    inner = ",\n  ".join(items)
    return f"static const {kind} {name}[] = {{\n  {inner}\n}};\n" if items else ""


def _input(k: int | None) -> str:
    return "-1" if k is None else str(k)


def text(value: str) -> str:
    """Write a trilayer_text."""
    return f"{{{literal(value)}, {len(value.encode())}}}"


def literal(value: str) -> str:
    """Write a text: nothing in it is an escape, a trigraph or longer than a compiler must take."""
    raw = value.encode()
    if len(raw) > _LONGEST:
        return f"(const char[]){{{', '.join(str(c if c < 128 else c - 256) for c in raw)}, 0}}"
    plain = "".join(
        chr(c) if (chr(c).isalnum() and c < 128) or c in b" _-.,:" else f"\\{c:03o}" for c in raw
    )
    return f'"{plain}"'


def array(kind: str, name: str, values: Any) -> str:
    """Write a table of numbers."""
    return f"static const {kind} {name}[] = {{{', '.join(written(values, kind))}}};\n"


def written(values: Any, kind: str) -> list[str]:
    """Write numbers of a type, float or double."""
    single = kind == "float"
    return [text + "f" * single for text in numbers(values, single=single)]
