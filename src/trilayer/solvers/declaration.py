"""What a solver says of itself: its run, needs, options and state, and what can be asked of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from trilayer.errors import InputError
from trilayer.solvers.step import State, Step

COUNT, NUMBER, VECTOR, VECTORS = "count", "number", "vector", "vectors"
"""Kinds of state: a whole number, a float, an array like theta, a list of such arrays."""

SUMS, BATCHES = "sums", "batches"
"""What a solver needs of the samples: sums over all of them, or batches of some."""

TOLD = ("stride", "max_iter", "tol", "seed")
"""What of a run a solver may ask to be told."""

Options = Mapping[str, Any]
Segment = tuple[int, Options]
"""Until which iteration which options were in force."""


class Option(NamedTuple):
    """One option of a solver: its default, and what a knob for it looks like.

    Attributes
    ----------
    default : any
    least, most : float
        Of a number: from where to where a knob goes. Estimators check values by laws of
        their own.
    whole : bool
        Whether the number is whole.
    choices : tuple of str
        Of an option that is no number.
    live : bool
        Whether a run may go on through a change of it, instead of back to its start.
    on_few : any
        The default for a few hundred samples that one watches, if it is another one.
    """

    default: Any
    least: float = -1e9
    most: float = 1e9
    whole: bool = False
    choices: tuple[str, ...] = ()
    live: bool = False
    on_few: Any = None


def _any(state: State, k: int) -> str | None:  # noqa: ARG001 - says nothing against any state
    return None


def _as_it_is(state: State, old: Options, new: Options) -> State:  # noqa: ARG001 - the signature
    return state


@dataclass(frozen=True, kw_only=True)
class Solver:
    """A solver: all that others need to know to train, go on, draw knobs and write it out.

    Only `name` and `run` have no default. ``register(solver)`` makes it one that estimators,
    checkpoints, the shell and the lab know.

    Attributes
    ----------
    name : str
        What users call it.
    run : callable
        ``run(objective, theta, *, state=None, **options)`` yields a Step an iteration, the
        start first (k = 0); given a step's theta and `state`, those after it, to the bit.
        Beside its options it takes what it asks to be `told`.
    needs : {"sums", "batches"}
        `objective` at once, or `objective.on_batch` of the source's batches. The tolerance
        is about the gradient for sums, about the objective for batches.
    options : mapping of str to Option
    state : mapping of str to str
        What a step's state holds: by name one of `COUNT`, `NUMBER`, `VECTOR` and `VECTORS`;
        ``k`` is in each.
    impossible : callable
        ``impossible(state, k)``: what no run leaves behind after iteration k, though it has
        the right form; None where there is nothing to say. For states from outside.
    told : tuple of str
        Keywords of `run` for what the run is like, some of `TOLD`: ``stride``, the iterations
        that one Step may stand for; ``max_iter``; ``tol``, the gradient component at which
        it will be stopped; ``seed`` of the order of samples, None for theirs. Where nobody
        says, `run` has defaults, but for what walks over batches: it is always told.
    carries : tuple of str
        What of the state means something on other samples too. `partial_fit` goes on with
        that, and is not there without any.
    retuned : callable
        ``retuned(state, old, new)``: the state to go on from with other options.
    settles : bool
        Whether a few hundred iterations bring it to rest: the relevance of columns is
        learnt there.
    magnifies_rounding : bool
        Whether a last bit grows a thousandfold in some dozen iterations, so that only an
        engine that rounds as NumPy does is repeated by a script.
    update : callable, optional
        ``update(options)``: the name of its rule, "gd", "momentum" or "lbfgs".
    script : callable, optional
        ``script(segments)``: the run as Python that needs NumPy alone; see
        `trilayer.solvers.script`.
    """

    name: str
    run: Callable[..., Iterator[Step]]
    needs: str = SUMS
    options: Mapping[str, Option] = field(default_factory=dict)
    state: Mapping[str, str] = field(default_factory=lambda: {"k": COUNT})
    impossible: Callable[[State, int], str | None] = _any
    told: tuple[str, ...] = ()
    carries: tuple[str, ...] = ()
    retuned: Callable[[State, Options, Options], State] = _as_it_is
    settles: bool = False
    magnifies_rounding: bool = False
    update: Callable[[Options], str] | None = None
    script: Callable[[Sequence[Segment]], str] | None = None

    def __post_init__(self) -> None:
        if problem := self._problem():
            raise InputError(f"solver {self.name!r}: {problem}")

    def _problem(self) -> str | None:
        if self.needs not in {SUMS, BATCHES}:
            return f"needs must be 'sums' or 'batches', got {self.needs!r}"
        if strange := set(self.told) - set(TOLD):
            return f"told must be some of {', '.join(TOLD)}, got {sorted(strange)[0]!r}"
        if taken := self.options.keys() & {*TOLD, "objective", "theta", "state"}:
            return f"the option {sorted(taken)[0]!r} needs another name: that one has a meaning"
        kinds = {COUNT, NUMBER, VECTOR, VECTORS}
        if self.state.get("k") != COUNT or not set(self.state.values()) <= kinds:
            return f"state must name a kind for each part, and 'k' as {COUNT!r}"
        if strange := set(self.carries) - self.state.keys():
            return f"carries names {sorted(strange)[0]!r}, which is not in the state"
        return None

    @property
    def defaults(self) -> dict[str, Any]:
        """The options' defaults, by name."""
        return {name: option.default for name, option in self.options.items()}

    @property
    def strides(self) -> bool:
        """Whether one Step may stand for many iterations."""
        return "stride" in self.told

    def rule(self, options: Options) -> str:
        """Return the name of its update: "epoch" for what walks over batches, or "other"."""
        if self.update is not None:
            return self.update(options)
        return "epoch" if self.needs == BATCHES else "other"
