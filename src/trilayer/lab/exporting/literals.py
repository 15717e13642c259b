"""Arrays and samples as Python source that gives the same bits again."""

import base64
import io

import numpy as np

from trilayer.lab.frames import Array
from trilayer.lab.lab import Lab

_WRITTEN_OUT = 5000  # numbers; more of them nobody reads
_WIDTH = 96


def array(M: Array) -> str:
    """Write an array with its exact numbers (the shortest that read back as the same)."""
    if not M.size:
        return f"np.zeros({M.shape})"
    rows = [_row([repr(float(x)) for x in row]) for row in np.atleast_2d(M)]
    inner = ",\n".join(rows)
    return f"np.array([\n{inner},\n])"


def _row(numbers: list[str]) -> str:
    text = f"    [{', '.join(numbers)}]"
    if len(text) <= _WIDTH:
        return text
    lines, line = [], "       "
    for number in numbers:
        if len(line) + len(number) + 2 > _WIDTH:
            lines.append(line)
            line = "       "
        line += f" {number},"
    return "\n".join(["    [", *lines, line, "    ]"])


def samples(lab: Lab) -> str:
    """Write X (n1 × m) and Y (1 × m) of the training samples."""
    X, Y = lab.samples.train
    if X.size <= _WRITTEN_OUT:
        return f"X = {array(X)}\nY = {array(Y)}"
    file = io.BytesIO()
    np.savez_compressed(file, X=X, Y=Y)
    text = base64.b64encode(file.getvalue()).decode()
    lines = "\n".join(text[i : i + _WIDTH] for i in range(0, len(text), _WIDTH))
    return (
        "# Too many to write out: a NumPy archive in base64.\n"
        f'_ARCHIVE = """\n{lines}\n"""\n'
        "with np.load(io.BytesIO(base64.b64decode(_ARCHIVE)), allow_pickle=False) as archive:\n"
        '    X, Y = archive["X"], archive["Y"]'
    )


def imports(lab: Lab) -> str:
    """Return the imports that `samples` needs before NumPy's."""
    return "import base64\nimport io\n" if lab.samples.train[0].size > _WRITTEN_OUT else ""
