"""What can be chosen: names, defaults, ranges, and what a change does to a run."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from trilayer.lab import limits
from trilayer.lab.faults import RefusalError
from trilayer.lab.toys import TOYS
from trilayer.solvers import SCHEDULES, SOLVERS

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


_SEED = Field(0, 0, 2**31 - 1, whole=True)

FIELDS: dict[str, Field] = {
    "source": Field("toy", choices=("toy", "table")),
    "toy": Field("flower", choices=tuple(TOYS)),
    "points": Field(400, 10, limits.POINTS, whole=True),
    "noise": Field(0.2, 0.0, 1.0),
    "data_seed": _SEED,
    "held_out": Field(0.25, 0.0, 0.9),
    "hidden": Field(8, 0, limits.HIDDEN, whole=True),
    "seed": _SEED,
    "start": Field("random", choices=("random", "zero")),
    "solver": Field("gd", choices=tuple(SOLVERS)),
    "l2": Field(0.0, 0.0, 1e6),
    "axis_x": Field(0, 0, limits.INPUTS - 1, whole=True, live=True),
    "axis_y": Field(1, 0, limits.INPUTS - 1, whole=True, live=True),
    "hold": Field("mean", choices=("mean", "median", "most_frequent"), live=True),
    "stop_iteration": Field(None, 1, 1e9, whole=True, optional=True, live=True),
    "stop_loss": Field(None, 0.0, 1e6, optional=True, live=True),
    "stop_seconds": Field(None, 0.0, 3600.0, optional=True, live=True),
}
"""All but the solvers' own knobs."""

_RATE = {"gd": 0.5, "sgd": 0.1, "adam": 0.01}


def _knobs(solver: str) -> dict[str, Field]:
    taken = SOLVERS[solver].options
    made: dict[str, Field] = {}
    if "learning_rate" in taken:
        made["learning_rate"] = Field(_RATE[solver], 1e-6, 100.0, live=True)
    if "momentum" in taken:
        made["momentum"] = Field(taken["momentum"], 0.0, 0.999, live=True)
    if "schedule" in taken:
        made["schedule"] = Field("constant", choices=SCHEDULES)
        made["epochs"] = Field(500, 1, 1e6, whole=True)
    if "batch_size" in taken:
        made["batch_size"] = Field(32, 1, limits.ROWS, whole=True)
    return made


KNOBS: dict[str, dict[str, Field]] = {solver: _knobs(solver) for solver in SOLVERS}
"""Each solver's own; `epochs` is how long the cosine schedule falls."""

_DATA = ("source", "toy", "points", "noise", "data_seed", "held_out")
_VIEW = ("axis_x", "axis_y", "hold")


def defaults(solver: str = "gd") -> Settings:
    """Return every setting's default, with the knobs of a solver."""
    fields = FIELDS | KNOBS[solver]
    return {name: field.default for name, field in fields.items()} | {"solver": solver}


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
    solver = FIELDS["solver"].checked("solver", wanted.get("solver", settings["solver"]))
    knobs = KNOBS[solver]
    new = {name: settings[name] for name in FIELDS}
    same = solver == settings["solver"]
    new |= {name: settings[name] if same else f.default for name, f in knobs.items()}
    fields = FIELDS | knobs
    for name, value in wanted.items():
        if name not in fields:
            raise RefusalError("not_a_knob", name=str(name)[:80], solver=solver)
        new[name] = fields[name].checked(name, value)
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
    fields = FIELDS | KNOBS[new["solver"]]
    data = bool(names & set(_DATA))
    return Effect(
        data=data,
        view=bool(names & set(_VIEW)),
        restart=data or any(name not in fields or not fields[name].live for name in names),
        knobs=bool(names & set(KNOBS[new["solver"]])),
    )
