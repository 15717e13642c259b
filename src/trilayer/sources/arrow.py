"""Tables of any size, as a source: files are read twice or thrice, then never again.

A first look tells what the columns are that come as text (CSV); a second pass learns the
encoding and the labels; a third writes the encoded rows to a cache, from which all passes
of a solver are served. What comes out depends on the rows and their order alone: not on the
files they are in, nor on row groups or blocks.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Unpack

import numpy as np

from trilayer.encoding import TableEncoder
from trilayer.errors import InputError
from trilayer.sources.cache import CachedSource, cached
from trilayer.sources.lessons import Learnt, Part
from trilayer.sources.options import Options, columns_of, completed, encoder_for
from trilayer.sources.tables import Paths, Table, encoded, learn, look
from trilayer.sources.weights import class_factors


@contextmanager
def open_source(
    paths: Paths,
    target: str,
    *,
    encoder: TableEncoder | None = None,
    classes: Sequence[Any] | None = None,
    cache_dir: str | os.PathLike[str] | None = None,
    n_threads: int | None = None,
    **options: Unpack[Options],
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
    cache_dir : path, optional
        Where the encoded rows are kept meanwhile; by default TMPDIR, or /var/tmp.
    n_threads : int, optional
        By default one for each processor at hand. The result does not depend on it.
    categorical, drop : sequence of str
        Columns that are categories whatever they look like; columns to leave out.
    sample_weight : str, optional
        The column with the sample weights. Rows of weight 0 are left out.
    class_weight : mapping or "balanced", optional
        Factors on the sample weights, as in `TriLayerClassifier`.
    dtype : {"float32", "float64"}, optional
        Of the inputs; by default the encoder's, or float32.

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
    told = completed(options, "open_source")
    columns, encoder = columns_of(target, told), encoder_for(encoder, told["dtype"])
    table = look(paths, columns, encoder)
    learnt = learn(table, encoder, classes=classes)
    learnt = weighed(learnt, told["class_weight"], columns.sample_weight)
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
        learnt.layout,
        learnt.target.classes,
        dtype=learnt.encoder.dtype,
        weighted=learnt.weighted,
        folder=folder,
        n_threads=n_threads,
    ) as source:
        if parts is None and source.m != learnt.m:
            raise InputError("the tables changed while they were read: read them again")
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
