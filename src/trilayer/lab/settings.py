"""What can be chosen: names, defaults, ranges, and what a change does to a run."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from trilayer.lab import limits
from trilayer.lab.faults import RefusalError
from trilayer.lab.toys import TOYS
from trilayer.solvers import SOLVERS, Option, solver

Settings = dict[str, Any]


class Field(NamedTuple):
    """One setting: what values it takes.

    Attributes
    ----------
    default : any
    least, most : float
        The range of a number.
    whole : bool
        Whether the number is whole.
    choices : tuple of str
        Of a setting that is no number.
    optional : bool
        Whether None, "off", is a value too.
    live : bool
        Whether a run goes on through a change, instead of back to its start.
    """

    default: Any
    least: float = 0.0
    most: float = math.inf
    whole: bool = False
    choices: tuple[str, ...] = ()
    optional: bool = False
    live: bool = False

    def as_json(self) -> dict[str, Any]:
        """Describe the field to the page."""
        range_: dict[str, Any] = {"choices": list(self.choices)}
        if not self.choices:
            range_ = {"min": self.least, "max": self.most, "whole": self.whole}
        marks = {"optional": self.optional, "live": self.live}
        return {"default": self.default, **range_, **{k: True for k, on in marks.items() if on}}

    def checked(self, name: str, value: Any) -> Any:
        """Return the value, if it is one of the field's.

        Raises
        ------
        RefusalError
        """
        if value is None and self.optional:
            return None
        if self.choices:
            if isinstance(value, str) and value in self.choices:
                return value
            raise self._refusal(name, value, "choice")
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not self.least <= value <= self.most:
            raise self._refusal(name, value, "whole" if self.whole else "number")
        if self.whole:
            if value != int(value):
                raise self._refusal(name, value, "whole")
            return int(value)
        return float(value)

    def _refusal(self, name: str, value: Any, expected: str) -> RefusalError:
        shown = value if isinstance(value, int | float | bool) or value is None else str(value)[:80]
        range_ = {"min": self.least, "max": self.most, "choices": list(self.choices)}
        return RefusalError("bad_value", name=name, value=shown, expected=expected, **range_)


FIRST = "gd"
"""The solver that a session begins with: the derivation's."""

_SEED = Field(0, 0, 2**31 - 1, whole=True)

_FIELDS: dict[str, Field] = {
    "source": Field("toy", choices=("toy", "table")),
    "toy": Field("flower", choices=tuple(TOYS)),
    "points": Field(400, 10, limits.POINTS, whole=True),
    "noise": Field(0.2, 0.0, 1.0),
    "data_seed": _SEED,
    "held_out": Field(0.25, 0.0, 0.9),
    "hidden": Field(8, 0, limits.HIDDEN, whole=True),
    "seed": _SEED,
    "start": Field("random", choices=("random", "zero")),
    "l2": Field(0.0, 0.0, 1e6),
    "axis_x": Field(0, 0, limits.INPUTS - 1, whole=True, live=True),
    "axis_y": Field(1, 0, limits.INPUTS - 1, whole=True, live=True),
    "hold": Field("mean", choices=("mean", "median", "most_frequent"), live=True),
    "stop_iteration": Field(None, 1, 1e9, whole=True, optional=True, live=True),
    "stop_loss": Field(None, 0.0, 1e6, optional=True, live=True),
    "stop_seconds": Field(None, 0.0, 3600.0, optional=True, live=True),
}

EPOCHS = "epochs"
"""The knob of solvers that are told how many iterations there will be."""

_EPOCHS = Field(500, 1, 1e6, whole=True)


def fields() -> dict[str, Field]:
    """Return all but the solvers' own knobs."""
    return _FIELDS | {"solver": Field(FIRST, choices=tuple(SOLVERS))}


def knobs_of(name: str) -> dict[str, Field]:
    """Return a solver's own knobs: its options, and how long its schedule falls.

    An option called like a setting of the lab has none, and keeps its default.
    """
    declared = solver(name)
    own = {option: said for option, said in declared.options.items() if option not in _FIELDS}
    made = {option: _knob(said) for option, said in own.items()}
    if "max_iter" in declared.told and not declared.strides:
        made[EPOCHS] = _EPOCHS
    return made


def _knob(option: Option) -> Field:
    default = option.default if option.on_few is None else option.on_few
    return Field(default, option.least, option.most, option.whole, option.choices, live=option.live)


_DATA = ("source", "toy", "points", "noise", "data_seed", "held_out")
_VIEW = ("axis_x", "axis_y", "hold")


def defaults(name: str = FIRST) -> Settings:
    """Return every setting's default, with the knobs of a solver."""
    taken = fields() | knobs_of(name)
    return {key: field.default for key, field in taken.items()} | {"solver": name}


def changed(settings: Settings, wanted: Any) -> Settings:
    """Return the settings with some of them changed.

    Parameters
    ----------
    settings : dict
        As they are.
    wanted : mapping
        What to change. Another solver brings its own knobs; another toy its noise.

    Raises
    ------
    RefusalError
        If a name or a value is none.
    """
    if not isinstance(wanted, Mapping):
        raise RefusalError("bad_value", name="settings", value=None, expected="object")
    common = fields()
    chosen = common["solver"].checked("solver", wanted.get("solver", settings["solver"]))
    own = knobs_of(chosen)
    new = {name: settings[name] for name in common}
    same = chosen == settings["solver"]
    new |= {name: settings[name] if same else f.default for name, f in own.items()}
    taken = common | own
    for name, value in wanted.items():
        if name not in taken:
            raise RefusalError("not_a_knob", name=str(name)[:80], solver=chosen)
        new[name] = taken[name].checked(name, value)
    if new["toy"] != settings["toy"] and "noise" not in wanted:
        new["noise"] = TOYS[new["toy"]].noise
    return new


class Effect(NamedTuple):
    """What a change of settings asks for."""

    data: bool
    view: bool
    restart: bool
    knobs: bool


def effect(old: Settings, new: Settings) -> Effect:
    """Say what has to be made anew after a change."""
    names = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
    own = knobs_of(new["solver"])
    taken = fields() | own
    data = bool(names & set(_DATA))
    return Effect(
        data=data,
        view=bool(names & set(_VIEW)),
        restart=data or any(name not in taken or not taken[name].live for name in names),
        knobs=bool(names & set(own)),
    )
