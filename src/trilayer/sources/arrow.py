"""Tables of any size, as a source: files are read twice or thrice, then never again.

A first look tells what the columns are that come as text (CSV); a second pass learns the
encoding and the labels; a third writes the encoded rows to a cache, from which all passes
of a solver are served. What comes out depends on the rows and their order alone: not on the
files they are in, nor on row groups or blocks.
"""

import glob
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from trilayer.encoding import TableEncoder
from trilayer.errors import InputError, TriLayerError
from trilayer.optional import require
from trilayer.sources.ahead import ahead
from trilayer.sources.cache import CachedSource, cached, size_of
from trilayer.sources.weights import class_factors
from trilayer.tables import (
    CATEGORY,
    NUMBER,
    Block,
    Places,
    column_names,
    convert,
    find_tables,
    kind_of,
    refuse_infinite,
    require_columns,
    scan_placed,
)
from trilayer.tables.files import TableFile
from trilayer.tables.kinds import Survey, survey_table
from trilayer.tables.targets import Target, learn_target, missing

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
else:
    pa, pc = require("pyarrow", "cli"), require("pyarrow.compute", "cli")

Paths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]

_MOST_LABELS = 10_000

Chooser = Callable[[int, int], NDArray[np.bool_]]
"""``choose(first, count)``: which of these rows of the table to take, by their number."""


class Columns(NamedTuple):
    """Which columns of a table are what.

    Attributes
    ----------
    target : str
    categorical, drop : tuple of str
        Categories whatever they look like; columns to leave out.
    sample_weight : str or None
    """

    target: str
    categorical: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    sample_weight: str | None = None


@dataclass(frozen=True)
class Table:
    """Files that were looked through: how to read them, and how many rows they hold."""

    files: list[TableFile]
    columns: Columns
    names: list[str]
    survey: Survey

    @property
    def rows(self) -> int:
        """How many rows there are, those without an answer among them."""
        return self.survey.rows

    def blocks(self, names: Sequence[str]) -> Iterator[Block]:
        """Stream columns, the next block read while the caller works on the last."""
        kinds = {name: kind for name, kind in self.survey.kinds.items() if name in set(names)}
        keep = [name for name in names if name not in kinds]
        return ahead(scan_placed(self.files, kinds, keep=keep))


@dataclass
class Learnt:
    """What a pass over the rows that are learnt from taught.

    Attributes
    ----------
    encoder : TableEncoder
    target : Target
    counts : dict
        Rows of each label, of those that count.
    unanswered : int
        Rows without an answer, left out.
    weighted : bool
        Whether rows have weights other than 1.
    factors : array, (2,)
        Class weights.
    """

    encoder: TableEncoder
    target: Target
    counts: dict[Any, int]
    unanswered: int = 0
    weighted: bool = False
    factors: NDArray[np.float64] = field(default_factory=lambda: np.ones(2))

    @property
    def m(self) -> int:
        """How many rows there are to learn from."""
        return sum(self.counts.values())

    @property
    def n1(self) -> int:
        """How many inputs they become."""
        return sum(column.width for column in self.encoder.columns_)

    @property
    def size(self) -> int:
        """Bytes that they take in a cache."""
        return size_of(self.m, self.n1, self.encoder.dtype, weighted=self.weighted)


class Part(NamedTuple):
    """Encoded rows, and where each of them stands in the table.

    X b × n1; Y (b,), 1 for the second class; s (b,) or None; index (b,).
    """

    X: NDArray[Any]
    Y: NDArray[Any]
    s: NDArray[Any] | None
    index: NDArray[np.int64]


def look(paths: Paths, columns: Columns) -> Table:
    """Find the files, and what their columns are.

    Parameters
    ----------
    paths : path, pattern, or several
        CSV, TSV or Parquet, plain or gzip: files, folders, or patterns such as
        ``"part-*.parquet"``.
    columns : Columns

    Raises
    ------
    TableError
        If a file or a column cannot be used.
    """
    files = find_tables(expanded(paths))
    names = column_names(files[0])
    weight = [] if columns.sample_weight is None else [columns.sample_weight]
    require_columns(
        [columns.target, *columns.drop, *columns.categorical, *weight], names, files[0].name
    )
    if columns.target in (*columns.drop, *weight):
        raise InputError(f"column {columns.target!r} is the target: it cannot be left out as well")
    inputs = [name for name in names if name not in {columns.target, *columns.drop, *weight}]
    if not inputs:
        raise InputError(f"{files[0].name}: there is no column beside the target to learn from")
    wanted = [*inputs, columns.target, *weight]
    as_text = set(columns.categorical) & set(inputs)
    survey = survey_table(files, wanted, as_text=as_text)
    if files[0].header is None and columns.target not in as_text:
        # Numbers that Parquet has as text are levels where they are labels.
        kinds = {name: kind for name, kind in survey.kinds.items() if name != columns.target}
        survey = Survey(kinds, survey.rows)
    return Table(files, columns, inputs, survey)


def learn(
    table: Table,
    encoder: TableEncoder | None = None,
    *,
    classes: Sequence[Any] | None = None,
    positive: str | None = None,
    choose: Chooser | None = None,
    on_rows: Callable[[int], object] | None = None,
) -> Learnt:
    """Learn encoding and labels in one pass.

    Parameters
    ----------
    table : Table
    encoder : TableEncoder, optional
        A fitted one is used as it is; of another, a copy is fitted.
    classes : sequence, optional
        Both labels; by default those that occur.
    positive : str, optional
        The positive label, as a person writes it.
    choose : callable, optional
        Which rows to learn from.
    on_rows : callable, optional
        Told how many rows of the table were read, as they are.

    Raises
    ------
    TableError, InputError
        If a value does not fit its column, or the target has not two labels.
    """
    columns = table.columns
    encoder = TableEncoder() if encoder is None else encoder
    known = hasattr(encoder, "_learnt")
    encoder = encoder if known else clone(encoder).set_params(categorical=columns.categorical)
    weight = [] if columns.sample_weight is None else [columns.sample_weight]
    inputs = [] if known else table.names
    labels, unanswered, weighted, read = _Labels(columns.target), 0, False, 0
    for block in table.blocks([*inputs, columns.target, *weight]):
        kept, absent, s = _counting(block, columns, choose, read)
        read += len(block.rows)
        unanswered += absent
        weighted = weighted or bool(np.any(s[kept] != 1))
        rows = block.rows if kept.all() else block.rows.filter(pa.array(kept))
        labels.add(rows[columns.target])
        if not known and len(rows):
            with _placed(block, table.names):
                encoder.partial_fit(pa.Table.from_batches([rows.select(table.names)]))
        if on_rows is not None:
            on_rows(read)
    target = labels.target(positive, classes)
    return Learnt(encoder if known else encoder.finish(), target, labels.counts, unanswered, weighted)


def encoded(
    table: Table, learnt: Learnt, *, choose: Chooser | None = None
) -> Iterator[Part]:
    """Encode the rows, part by part, in their order.

    Parameters
    ----------
    table : Table
    learnt : Learnt
    choose : callable, optional
        Which rows to take.
    """
    columns, encoder, target = table.columns, learnt.encoder, learnt.target
    weight = [] if columns.sample_weight is None else [columns.sample_weight]
    inputs = [name for name in encoder.kinds_ if name not in {columns.target, *weight}]
    read = 0
    for block in table.blocks([*inputs, columns.target, *weight]):
        kept, _, s = _counting(block, columns, choose, read)
        index = read + np.flatnonzero(kept)
        read += len(block.rows)
        _, positive = target.answers(block.rows[columns.target], block.places)
        Y = (positive if target.positive_is_second else ~positive)[kept]
        rows = block.rows if kept.all() else block.rows.filter(pa.array(kept))
        if not len(rows):
            continue
        with _placed(block, inputs):
            X = encoder.transform(pa.Table.from_batches([rows.select(inputs)]))
        s = s[kept] * learnt.factors[Y.astype(np.intp)] if learnt.weighted else None
        yield Part(X, Y.astype(X.dtype), s, index)


@contextmanager
def open_source(
    paths: Paths,
    target: str,
    *,
    encoder: TableEncoder | None = None,
    classes: Sequence[Any] | None = None,
    categorical: Sequence[str] = (),
    drop: Sequence[str] = (),
    sample_weight: str | None = None,
    class_weight: Mapping[Any, float] | str | None = None,
    dtype: str | None = None,
    cache_dir: str | os.PathLike[str] | None = None,
    n_threads: int | None = None,
) -> Iterator[CachedSource]:
    """Hold the rows of files as a source that `TriLayerClassifier.fit_source` learns from.

    Parameters
    ----------
    paths : path, pattern, or several
        CSV, TSV or Parquet, plain or gzip: files, folders, or patterns such as
        ``"part-*.parquet"``; together they may be larger than memory.
    target : str
        The column with the answer; rows without one are left out.
    encoder : TableEncoder, optional
        How columns become inputs. A fitted one is used as it is (for held-out rows, say); of
        another, a copy is fitted to the rows. By default ``TableEncoder(dtype=dtype)``.
    classes : sequence, optional
        Both labels, where the rows may not show both.
    categorical, drop : sequence of str
        Columns that are categories whatever they look like; columns to leave out.
    sample_weight : str, optional
        The column with the sample weights. Rows of weight 0 are left out.
    class_weight : mapping or "balanced", optional
        Factors on the sample weights, as in `TriLayerClassifier`.
    dtype : {"float32", "float64"}, optional
        Of the inputs; by default the encoder's, or float32.
    cache_dir : path, optional
        Where the encoded rows are kept meanwhile; by default TMPDIR, or /var/tmp.
    n_threads : int, optional
        By default one for each processor at hand. The result does not depend on it.

    Yields
    ------
    CachedSource
        With `classes_`, and `encoder_`: the encoder to predict with.

    Raises
    ------
    TableError, InputError
        If the files cannot be used; the message says where.
    CacheError
        If the disk has not the room for the encoded rows.

    Examples
    --------
    ::

        with open_source("clicks/*.parquet", target="clicked") as source:
            clf = TriLayerClassifier(random_state=0).fit_source(source)
        save(make_pipeline(source.encoder_, clf), "clicks.safetensors")
    """
    columns = Columns(target, tuple(categorical), tuple(drop), sample_weight)
    if encoder is None:
        encoder = TableEncoder(dtype=dtype or "float32")
    elif dtype is not None and encoder.dtype != dtype:
        raise InputError(f"dtype={dtype!r}, but the encoder makes {encoder.dtype}: give one of them")
    table = look(paths, columns)
    learnt = weighed(learn(table, encoder, classes=classes), class_weight, sample_weight)
    with cache_of(table, learnt, cache_dir, n_threads) as source:
        yield source


@contextmanager
def cache_of(
    table: Table,
    learnt: Learnt,
    folder: str | os.PathLike[str] | None = None,
    n_threads: int | None = None,
    parts: Iterator[Part] | None = None,
) -> Iterator[CachedSource]:
    """Hold the encoded rows (or those in `parts`) in a cache, and a source over them."""
    rows = encoded(table, learnt) if parts is None else parts
    with cached(
        (part[:3] for part in rows),
        learnt.m,
        learnt.n1,
        learnt.target.classes,
        dtype=learnt.encoder.dtype,
        weighted=learnt.weighted,
        folder=folder,
        n_threads=n_threads,
    ) as source:
        source.encoder_ = learnt.encoder
        yield source


def weighed(
    learnt: Learnt, class_weight: Mapping[Any, float] | str | None, sample_weight: str | None
) -> Learnt:
    """Take class weights into what was learnt.

    Raises
    ------
    InputError
        If they cannot be used.
    """
    if class_weight is None:
        return learnt
    if class_weight == "balanced" and sample_weight is not None:
        raise InputError(
            "class_weight='balanced' is not taken beside a column of sample weights: give a dict"
        )
    classes = learnt.target.classes
    masses = [float(learnt.counts.get(label, 0)) for label in classes.tolist()]
    learnt.factors = np.array(class_factors(class_weight, classes, masses))
    learnt.weighted = learnt.weighted or bool(np.any(learnt.factors != 1))
    return learnt


def expanded(paths: Paths) -> list[Path]:
    """Make patterns the files that they match, in the order of their names.

    Raises
    ------
    InputError
        If nothing matches one.
    """
    given = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    found: list[Path] = []
    for each in given:
        name = os.fspath(each)
        if not glob.has_magic(name) or Path(name).exists():
            found.append(Path(name))
            continue
        matches = sorted(glob.glob(name, recursive=True))
        if not matches:
            raise InputError(f"{name}: no file matches this pattern")
        found.extend(Path(match) for match in matches)
    return found


class _Labels:
    """The labels of a stream, and how often each of them occurs."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.counts: dict[Any, int] = {}
        self._seen: list[Any] = []

    def add(self, values: "pa.Array") -> None:
        """Count the labels of some rows, all of which have one."""
        if kind_of(values.type) == CATEGORY:
            values = convert(values, CATEGORY, self.name)
        for value, count in zip(*pc.value_counts(values).flatten(), strict=True):
            label = value.as_py()
            if label not in self.counts and len(self.counts) < _MOST_LABELS:
                self._seen.append(value)
            self.counts[label] = self.counts.get(label, 0) + count.as_py()
        if len(self.counts) > _MOST_LABELS:
            raise InputError(
                f"target column {self.name!r} holds more than {_MOST_LABELS:,} different values: "
                "not two"
            )

    def target(self, positive: str | None, classes: Sequence[Any] | None) -> Target:
        """Return the two labels."""
        if not self.counts:
            raise InputError(f"target column {self.name!r} is empty in every row")
        if classes is not None:
            values = np.asarray(classes)
            labels = np.sort(values.astype(object) if values.dtype.kind == "U" else values)
            return Target(self.name, labels, labels.tolist()[1])
        chunks = [pa.array([value.as_py()], value.type) for value in self._seen]
        return learn_target(pa.chunked_array(_of_one_type(chunks)), self.name, positive)[0]


def _of_one_type(chunks: list["pa.Array"]) -> list["pa.Array"]:
    """Give labels of several files one type: numbers may be stored in several."""
    if len({chunk.type for chunk in chunks}) == 1:
        return chunks
    return [convert(chunk, NUMBER, "") for chunk in chunks]


def _counting(
    block: Block, columns: Columns, choose: Chooser | None, read: int
) -> tuple[NDArray[np.bool_], int, NDArray[np.float64]]:
    """Say which rows of a block count, how many have no answer, and what each weighs."""
    count = len(block.rows)
    chosen = np.ones(count, dtype=bool) if choose is None else choose(read, count)
    known = ~missing(block.rows[columns.target])
    s = np.ones(count)
    if columns.sample_weight is not None:
        s = _weights(block, columns.sample_weight)
    return chosen & known & (s > 0), int(np.sum(chosen & ~known)), s


def _weights(block: Block, name: str) -> NDArray[np.float64]:
    values = convert(block.rows[name], NUMBER, name)
    s = np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)
    wrong = np.flatnonzero(~(np.isfinite(s) & (s >= 0)))
    if len(wrong):
        source, row = block.places.of(int(wrong[0]))
        raise InputError(
            f"{source}column {name!r}, row {row:,}: a sample weight must be a finite number, "
            "0 or more"
        )
    return s


@contextmanager
def _placed(block: Block, names: Sequence[str]) -> Iterator[None]:
    """Let what is wrong with a number be said with its file and its row."""
    try:
        yield
    except TriLayerError:
        places: Places = block.places
        refuse_infinite(block.rows, _numbers(block, names), places)
        raise


def _numbers(block: Block, names: Sequence[str]) -> list[str]:
    return [name for name in names if kind_of(block.rows[name].type) == NUMBER]
