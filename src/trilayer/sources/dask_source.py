"""A source over samples that workers hold: a pass is a map over shards, and a fixed tree."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from copy import copy
from itertools import chain
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from trilayer.encoding import TableEncoder
from trilayer.encoding.inputs import compounded, times
from trilayer.engines import Engine
from trilayer.errors import InputError
from trilayer.lazy import cached_property
from trilayer.params import FloatArray, Params, pack
from trilayer.sources import BLOCK, Batch
from trilayer.sources.ahead import ahead
from trilayer.sources.dask_shards import (
    Count,
    assemble,
    count,
    cut,
    itself,
    lay_out,
    merge_all,
    shard_digests,
    shard_labels,
    shard_part,
    shard_rows,
    shard_sums,
    shard_weight,
    signature,
)
from trilayer.sources.dask_wait import PATIENCE, results
from trilayer.sources.fingerprint import Fingerprint, fingerprint
from trilayer.sources.memory import MemorySource
from trilayer.sources.shuffle import Rows, joined, pieces
from trilayer.sources.subtrees import Subtree, total
from trilayer.sources.walking import available_threads

if TYPE_CHECKING:
    import distributed

FAN_IN, FAN_IN_LARGE = 16, 4
"""Results that are added up on a worker, where there are more, before the driver sees them:
few at a time where each is large, for what reaches the driver travels twice, by the scheduler."""

_SMALL = 1 << 16
"""Bytes of parameters up to which each task carries its own copy."""

_Self = TypeVar("_Self", bound="DaskSource")


class DaskSource:
    """A `trilayer.sources.Source` over samples that the workers of a cluster hold.

    Parameters
    ----------
    client : distributed.Client
    parts : sequence of Future
        Of `trilayer.sources.shuffle.Rows`, in the order of the rows, made by tasks that can
        be done again: what is lost with a worker is.
    classes : array, (2,)
        The labels that Y = 0 and Y = 1 stand for.
    encoder : TableEncoder, optional
        What made the inputs.
    patience : float
        Seconds for which there may be no worker, or no scheduler, before it is an error.

    Attributes
    ----------
    n1, m, total_weight, dtype
        As for every source.
    classes_ : array, (2,)
    encoder_ : TableEncoder or None
    n_threads : int
        The driver's, for epochs of batches.

    Raises
    ------
    InputError
        If there are no samples, or a part could not be made.
    ClusterError
        If the workers or the scheduler are gone.

    Notes
    -----
    Use it as a context manager: leaving it gives the workers' memory back.
    """

    in_memory = False
    scale: FloatArray | None = None

    def __init__(
        self,
        client: "distributed.Client",
        parts: "Sequence[distributed.Future]",
        classes: Any,
        encoder: TableEncoder | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self.client, self.patience = client, patience
        self.classes_, self.encoder_ = np.asarray(classes), encoder
        self.n_threads = available_threads()
        counted = client.map(count, parts, pure=False)
        counts: list[Count] = results(client, counted, patience, behind=parts)
        self.m = sum(each.m for each in counts)
        if not self.m:
            raise InputError("there are no samples to learn from")
        self.layout, self.dtype = counts[0].layout, np.dtype(counts[0].dtype)
        self.n1 = self.layout.n1
        weighted = any(each.weighted for each in counts)
        shares = lay_out([each.m for each in counts])
        self._starts = [share.blocks.start for share in shares]
        self._shards: list[distributed.Future] = []
        for share in shares:
            rest = [client.submit(cut, parts[p], 0, stop, pure=False) for p, stop in share.rest]
            here = parts[share.partition]
            shard = client.submit(
                assemble, here, share.blocks, share.skip, rest, weighted, pure=False
            )
            self._shards.append(shard)
        weight = self._total(client.map(shard_weight, self._shards, pure=False))
        self.total_weight = float(weight[0])

    def sums(self, engine: Engine, params: Params) -> FloatArray:
        """Return the engine's sums over all samples, added along the fixed tree.

        Raises
        ------
        EngineError
            If a worker's engine is another than this one.
        ClusterError
            If the workers or the scheduler are gone.
        """
        theta: Any = pack(params)
        if large := theta.nbytes > _SMALL:
            theta = self.client.submit(itself, theta, pure=False)
        return self._total(
            self.client.map(
                shard_sums,
                self._shards,
                theta=theta,
                n2=params.n2,
                engine_name=engine.name,
                wanted=signature(engine),
                scale=self.scale,
                pure=False,
            ),
            large=large,
        )

    def read(self, ranges: Sequence[slice]) -> Rows:
        """Bring the rows of these ranges here, each of them within one block."""
        wanted: dict[int, list[int]] = {}
        places = [bisect_right(self._starts, part.start // BLOCK) - 1 for part in ranges]
        for index, place in enumerate(places):
            wanted.setdefault(place, []).append(index)
        asked = [[(ranges[i].start, ranges[i].stop) for i in mine] for mine in wanted.values()]
        shards = [self._shards[place] for place in wanted]
        answers = self._ask(self.client.map(shard_rows, shards, asked, pure=False))
        found = dict(zip(chain(*wanted.values()), chain(*answers), strict=True))
        rows = joined([found[index] for index in range(len(ranges))])
        return self._scaled(rows)

    def scaled(self, by: FloatArray) -> "DaskSource":
        """Return the same samples, each input multiplied by a positive number (n1,)."""
        again = copy(self)
        again.__dict__.pop("fingerprint", None)
        again.scale = compounded(self.scale, by)
        return again

    @property
    def labels(self) -> NDArray[np.bool_]:
        """Whether each sample is of the second class, (m,)."""
        return np.concatenate(self._ask(self.client.map(shard_labels, self._shards, pure=False)))

    def part(self, rows: NDArray[np.int64]) -> MemorySource:
        """Bring the samples of these numbers, ascending, here, as a source in memory."""
        places = np.searchsorted(self._starts, rows // BLOCK, side="right") - 1
        wanted = [(place, rows[places == place]) for place in np.unique(places).tolist()]
        shards = [self._shards[place] for place, _ in wanted]
        asked = [numbers for _, numbers in wanted]
        taken = joined(self._ask(self.client.map(shard_part, shards, asked, pure=False)))
        return MemorySource.of(self._scaled(taken), self.n_threads)

    def pieces(self, size: int, seed: int | None, epoch: int) -> Iterator[Rows]:
        """Walk all samples once; see `trilayer.sources.shuffle.pieces`."""
        return ahead(pieces(self.read, self.m, size, seed, epoch))

    def batches(self, size: int, seed: int | None, epoch: int) -> Iterator[Batch]:
        """Walk all samples once in batches; see `trilayer.sources.shuffle` for the order."""
        for rows in self.pieces(size, seed, epoch):
            yield from rows.cut(size)

    @cached_property
    def fingerprint(self) -> Fingerprint:
        """Identify the samples and their order, whatever the partitions."""
        digests = self._ask(self.client.map(shard_digests, self._shards, pure=False))
        return fingerprint(chain(*digests), self.layout, self.dtype, self.scale)

    def close(self) -> None:
        """Let the workers forget the samples."""
        self._shards = []

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _scaled(self, rows: Rows) -> Rows:
        return rows._replace(inputs=times(rows.inputs, self.scale))

    def _ask(self, futures: "Sequence[distributed.Future]") -> list[Any]:
        return results(self.client, futures, self.patience)

    def _total(self, futures: "list[distributed.Future]", *, large: bool = False) -> FloatArray:
        """Add up the subtrees that tasks return, neighbours first and on the workers."""
        most = FAN_IN_LARGE if large else FAN_IN
        while len(futures) > most:
            groups = [futures[i : i + most] for i in range(0, len(futures), most)]
            futures = self.client.map(merge_all, groups, pure=False)
        subtrees: list[list[Subtree]] = self._ask(futures)
        return total(chain(*subtrees))
