"""Options that commands share, and what they accept."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

Texts = Annotated[tuple[str, ...], Parameter(negative="", show_default=False)]
# A hyphen alone is standard input. So words that begin with one come through, and
# `trilayer.cli.paths` refuses those that are mistyped options.
Data = Annotated[str, Parameter(required=True, allow_leading_hyphen=True)]
Flag = Annotated[bool, Parameter(negative="", show_default=False)]
Output = Annotated[Path | None, Parameter(name=("--output", "-o"))]
Probability = Annotated[float, Parameter(validator=Number(gte=0, lte=1))]
Count = Annotated[int, Parameter(validator=Number(gte=1))]
Seed = Annotated[int, Parameter(validator=Number(gte=0, lt=2**32))]
_Share = Annotated[float, Parameter(validator=Number(gt=0, lt=1))]
_NotNegative = Annotated[float, Parameter(validator=Number(gte=0, lt=float("inf")))]
_Positive = Annotated[float | None, Parameter(validator=Number(gt=0, lt=float("inf")))]


def _is_solver(_: type, name: str) -> None:
    """Refuse what is registered under no name by the time of the call."""
    from trilayer.solvers import AUTO, SOLVERS

    if name not in {AUTO, *SOLVERS}:
        names = ", ".join(f'"{each}"' for each in (AUTO, *SOLVERS))
        raise ValueError(f"Choose from: {names}.")


_Solver = Annotated[str, Parameter(validator=_is_solver)]


@dataclass(frozen=True)
class Columns:
    """Which columns are what.

    Parameters
    ----------
    target
        Column with the answer: two labels. Rows without one are left out.
    positive
        Label whose probability is predicted; by default the second in sorted order. In a column
        of more than two labels, this one against the rest.
    id
        Column that names the rows, left out of the inputs. Once for each.
    categorical
        Column to be taken as a category although it holds numbers. Once for each.
    drop
        Column to leave out for any other reason. Once for each.
    number
        Column that holds numbers although it looks like codes (00123), or counts the rows.
        Once for each.
    date
        Column that holds dates although it looks like numbers: seconds, milliseconds or so since
        1970, or 20241231. Once for each.
    missing
        Word that stands for nothing in any column, such as -9999 or unknown. Once for each.
    decimal
        What separates the decimals of numbers, where a column does not show it.
    thousands
        What groups the thousands of numbers, where a column does not show it.
    dayfirst
        In dates such as 5/9/2020 the day comes first, or the month, where a column does not
        show it.
    """

    target: str
    positive: str | None = None
    id: Texts = ()
    categorical: Texts = ()
    drop: Texts = ()
    number: Texts = ()
    date: Texts = ()
    missing: Annotated[Texts, Parameter(allow_leading_hyphen=True)] = ()
    decimal: Literal[".", ","] | None = None
    thousands: Literal[",", ".", " ", "'"] | None = None
    dayfirst: bool | None = None


@dataclass(frozen=True)
class Judging:
    """What a network is judged by.

    Parameters
    ----------
    valid
        Table to judge the network by, instead of a share of DATA.
    threshold
        Probability from which on a row is said to be positive.
    """

    valid: Texts = ()
    threshold: Probability = 0.5


@dataclass(frozen=True)
class Writing:
    """What is written, and how.

    Parameters
    ----------
    output
        Model file. By default named after DATA, in the current folder.
    force
        Replace the model file if it exists.
    report
        File for a report on the rows held out, as `trilayer report` writes it: .html, .md or
        .json. Replaced with --force too.
    json
        Print one JSON object instead of tables.
    """

    output: Output = None
    report: Path | None = None
    force: Flag = False
    json: Flag = False


@dataclass(frozen=True)
class Checkpoints:
    """Where training is written down while it lasts.

    Parameters
    ----------
    checkpoint
        Folder for checkpoints, made if need be; the last two are kept.
    checkpoint_every
        How often: a time (30s, 5min, 2h) or a number of iterations. By default 30s.
    resume
        Folder of an interrupted run of the same command, to go on from its checkpoint.
    """

    checkpoint: Path | None = None
    checkpoint_every: str | None = None
    resume: Path | None = None


@dataclass(frozen=True)
class Placing:
    """Where the rows are kept, and which machines compute.

    Parameters
    ----------
    stream
        Read DATA as a stream, through a cache on disk: as is done by itself when they are
        larger than an eighth of the memory.
    cache_dir
        Folder for that cache, which goes with the process; by default TMPDIR, or /var/tmp.
    dask
        Address of a Dask scheduler (tcp://HOST:PORT) whose workers find DATA under the same
        names, and read, encode and hold the rows; or local, for a worker on each processor
        here.
    dask_wait
        Seconds to wait for workers, or the scheduler, when there are none, before giving up.
    """

    stream: Flag = False
    cache_dir: Path | None = None
    dask: str | None = None
    dask_wait: Annotated[float, Parameter(validator=Number(gt=0, lt=float("inf")))] = 60.0


@dataclass(frozen=True)
class Text:
    """How files are read, where they do not say so themselves.

    Parameters
    ----------
    encoding
        Encoding of text that is not UTF-8, such as latin-1, cp1252 or gb18030.
    no_header
        The first row holds values, not names: the columns are column1, column2, and so on.
    sheet
        Sheet of a workbook, where several have anything in them.
    """

    encoding: str | None = None
    no_header: Flag = False
    sheet: str | None = None


AS_IT_SAYS = Text()


@dataclass(frozen=True)
class Settings:
    """How a network is trained.

    Parameters
    ----------
    hidden
        Hidden units of each start; 0 leaves the hidden layer out. By default 16, and 64 with
        over 2,000 rows.
    bins
        Bins of each number at the most; 0 leaves it as it is. By default 28, and fewer, 16 at the
        least, where there are many numbers; none with over 100 of them.
    starts
        Random starts, folded into one network. By default 4; up to 2,000 rows networks of folds
        are averaged with them, with bins as they are and damped.
    solver
        How to minimise: gd, sgd, adam, lbfgs or auto. Auto is lbfgs up to 20,000 rows, and adam
        beyond, after which, with over a million rows, lbfgs goes on over all of them.
    learning_rate
        Step size of gd, sgd and adam.
    l2
        Weight decay. By default it is chosen by held-out log-loss.
    max_iter
        Iterations at the most (epochs of sgd and adam). By default as many as the number of
        rows wants: 200 to 300 of lbfgs, up to 30 of adam and sgd, 500 of gd.
    max_seconds
        Stop each training after this time; the result then depends on the machine.
    seed
        Decides the held-out rows, the start and the order of batches.
    threads
        Threads; the result does not depend on their number. All processors by default.
    test_share
        Share of the rows held out to judge the network.
    """

    hidden: Annotated[int | None, Parameter(validator=Number(gte=0))] = None
    bins: Annotated[int | None, Parameter(validator=Number(gte=0, lte=1000))] = None
    starts: Count | None = None
    solver: _Solver = "auto"
    learning_rate: _Positive = None
    l2: _NotNegative | None = None
    max_iter: Count | None = None
    max_seconds: _Positive = None
    seed: Seed = 0
    threads: Annotated[int | None, Parameter(validator=Number(gte=1))] = None
    test_share: _Share = 0.2
