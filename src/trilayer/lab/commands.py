"""What a page may ask for, by name: docs/lab-protocol.md in code."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from trilayer.errors import TriLayerError
from trilayer.lab import beliefs, limits, slopes
from trilayer.lab.comparing import Comparison
from trilayer.lab.exporting import export
from trilayer.lab.faults import RefusalError, refusal_of
from trilayer.lab.frames import Message
from trilayer.lab.inspecting import inspect
from trilayer.lab.lab import Lab
from trilayer.lab.restoring import restore
from trilayer.lab.samples import Edits, edited, with_point, without_point
from trilayer.lab.settings import Field, Settings, changed, defaults, fields, knobs_of
from trilayer.lab.showing import state
from trilayer.lab.steps import reachable, trace_message, traced
from trilayer.lab.tables import plan_of, read

Command = Mapping[str, Any]
Handler = Callable[[Lab, Command], Message | None]

_COUNT = Field(None, 1, 1e9, whole=True, optional=True)
_ITERATION = Field(None, 0, 1e15, whole=True, optional=True)
_PLACE = Field(None, 0, 1e9, whole=True)
_NUMBER = Field(None, -1e9, 1e9)
_STEP = Field(1e-4, 1e-15, 1.0)


def answer(lab: Lab, command: Message) -> Message:
    """Carry one command out.

    Returns
    -------
    Message
        What answers it: `state` where a command has no answer of its own; an `error`
        where it is refused, and then nothing has changed.
    """
    header = dict(command.header)
    try:
        if isinstance(refusal := header.get("refusal"), RefusalError):
            raise refusal
        name = header.get("do")
        if not isinstance(name, str) or name not in COMMANDS:
            raise RefusalError("unknown_command", command=str(name)[:80])
        made = COMMANDS[name](lab, header | {"_arrays": command.arrays})
        made = state(lab) if made is None else made
    except TriLayerError as error:
        made = Message({"type": "error", **refusal_of(error).as_note()}, {})
    re = header.get("id")
    known = isinstance(re, int | float) and not isinstance(re, bool)
    return Message({**made.header, "re": re}, made.arrays) if known else made


# ---- reading parameters --------------------------------------------------------------------


def _given(command: Command, name: str, field: Field) -> Any:
    if name not in command and not field.optional:
        raise RefusalError("missing", name=name)
    return field.checked(name, command.get(name))


def _text(command: Command, name: str) -> str:
    if name not in command:
        raise RefusalError("missing", name=name)
    if not isinstance(command[name], str):
        raise RefusalError("bad_value", name=name, value=None, expected="text")
    return str(command[name])


def _iteration(lab: Lab, command: Command) -> int:
    k = _given(command, "k", _ITERATION)
    return reachable(lab.run, lab.k if k is None else k)


# ---- changes --------------------------------------------------------------------------------


def _set(lab: Lab, command: Command) -> None:
    if "settings" not in command:
        raise RefusalError("missing", name="settings")
    lab.change(changed(lab.settings, command["settings"]))


def _add_point(lab: Lab, command: Command) -> None:
    x, y = (_given(command, name, _NUMBER) for name in ("x", "y"))
    label = _given(command, "label", Field(None, 0, 1, whole=True))
    lab.use(with_point(lab.samples, lab.view.point(x, y), label))


def _remove_point(lab: Lab, command: Command) -> None:
    lab.use(without_point(lab.samples, _given(command, "index", _PLACE)))


def _clear_points(lab: Lab, _: Command) -> None:
    lab.use(edited(lab.origin, Edits()))


def _play(lab: Lab, command: Command) -> None:
    lab.play(_given(command, "iterations", _COUNT))


def _pause(lab: Lab, _: Command) -> None:
    lab.pause()


def _rewind(lab: Lab, _: Command) -> None:
    lab.rewind()


def _look(lab: Lab, command: Command) -> None:
    k = _given(command, "k", _ITERATION)
    lab.looking = None if k is None else reachable(lab.run, k)
    if lab.looking is not None:
        lab.pause()
    lab.fresh_frame = True


# ---- one iteration --------------------------------------------------------------------------


def _trace(lab: Lab, command: Command) -> Message:
    columns = command.get("columns")
    if columns is not None:
        if not isinstance(columns, list) or len(columns) != 2:
            raise RefusalError("bad_value", name="columns", value=None, expected="list")
        first, last = (_PLACE.checked("columns", at) for at in columns)
        columns = first, max(first, last)
    return trace_message(lab.run, _iteration(lab, command), columns)


def _inspect(lab: Lab, command: Command) -> Message:
    k, matrix = _iteration(lab, command), _text(command, "matrix")
    row, column = (_given(command, name, _PLACE) for name in ("row", "column"))
    t = traced(lab.run, k)
    if matrix not in t.matrices:
        raise RefusalError("no_matrix", matrix=matrix[:80])
    rows, columns = t.matrices[matrix].shape
    if row >= rows or column >= columns:
        raise RefusalError(
            "no_element", matrix=matrix, row=row, column=column, rows=rows, columns=columns
        )
    header, terms = inspect(t, matrix, row, column)
    return Message({"type": "inspect", "k": k, **header}, {"terms": terms})


# ---- checks -----------------------------------------------------------------------------------


def _gradients(lab: Lab, command: Command) -> Message:
    return slopes.gradients(lab.run, _iteration(lab, command), _given(command, "h", _STEP))


def _misprints(lab: Lab, command: Command) -> Message:
    return beliefs.misprints(lab.run, _iteration(lab, command))


def _believe(lab: Lab, command: Command) -> Message:
    count = Field(200, 1, limits.BELIEVED, whole=True)
    iterations = count.checked("iterations", command.get("iterations", count.default))
    rate: Any = lab.settings.get("learning_rate", defaults()["learning_rate"])
    return beliefs.believe(lab.run, _text(command, "misprint"), iterations, float(rate))


# ---- comparing ----------------------------------------------------------------------------------


def _compare(lab: Lab, command: Command) -> None:
    runs = command.get("runs")
    if not isinstance(runs, list) or not 0 < len(runs) <= limits.COMPARED:
        raise RefusalError(
            "bad_value", name="runs", value=None, expected="list", max=limits.COMPARED
        )
    plans = [_plan(lab.settings, wanted) for wanted in runs]
    seconds = Field(None, 0.01, 60.0, optional=True).checked("seconds", command.get("seconds"))
    iterations = _given(command, "iterations", _COUNT)
    lab.pause()
    _stop_compare(lab, command)
    lab.comparison = Comparison(lab.samples, plans, iterations, seconds or 10.0)


def _plan(settings: Settings, wanted: Any) -> Settings:
    if not isinstance(wanted, Mapping):
        raise RefusalError("bad_value", name="runs", value=None, expected="object")
    solver = fields()["solver"].checked("solver", wanted.get("solver", settings["solver"]))
    for name in wanted:
        if name not in {"solver", "l2", *knobs_of(solver)}:
            raise RefusalError("not_a_knob", name=str(name)[:80], solver=solver)
    return changed(settings, wanted)


def _stop_compare(lab: Lab, _: Command) -> None:
    if lab.comparison is not None:
        lab.comparison.close()
        lab.comparison = None


# ---- in and out ----------------------------------------------------------------------------------


def _upload(lab: Lab, command: Command) -> Message:
    file = command["_arrays"].get("file")
    if file is None or file.dtype != np.uint8:
        raise RefusalError("missing", name="file")
    lab.table = read(_text(command, "name")[:200], file.tobytes())
    return lab.table.message()


def _use_table(lab: Lab, command: Command) -> None:
    if lab.table is None:
        raise RefusalError("no_table")
    lab.use_table(lab.table.planned(plan_of(dict(command))))


def _export(lab: Lab, command: Command) -> Message:
    return export(lab, _text(command, "what"), _iteration(lab, command))


def _restore(lab: Lab, command: Command) -> None:
    restore(lab, command.get("link"))


COMMANDS: dict[str, Handler] = {
    "set": _set,
    "add_point": _add_point,
    "remove_point": _remove_point,
    "clear_points": _clear_points,
    "play": _play,
    "pause": _pause,
    "rewind": _rewind,
    "look": _look,
    "trace": _trace,
    "inspect": _inspect,
    "gradients": _gradients,
    "misprints": _misprints,
    "believe": _believe,
    "compare": _compare,
    "stop_compare": _stop_compare,
    "upload": _upload,
    "use_table": _use_table,
    "export": _export,
    "restore": _restore,
}
"""All but `painted`, which the session takes itself."""
