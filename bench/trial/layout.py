"""Tables in markdown."""

import pandas as pd


def lines(head: list[str], rows: list[list[str]]) -> str:
    """Lay out a table; all columns but the first stand to the right."""
    rule = "|".join(["---", *["---:"] * (len(head) - 1)])
    body = [f"| {' | '.join(row)} |" for row in [head, *rows]]
    return "\n".join([body[0], f"|{rule}|", *body[1:]])


def marked(table: pd.DataFrame, best: str, digits: int) -> str:
    """Lay out numbers, a line for each data set, the best of each line in bold."""
    rows = []
    for name, row in table.iterrows():
        winner = round(getattr(row, best)(), digits)
        cells = [
            ""
            if pd.isna(x)
            else f"**{x:.{digits}f}**"
            if round(x, digits) == winner
            else f"{x:.{digits}f}"
            for x in row
        ]
        rows.append([str(name), *cells])
    return lines(["data set", *map(str, table.columns)], rows)
