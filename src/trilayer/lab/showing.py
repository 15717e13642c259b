"""What the page is shown of a session: `state`, `data` and `frame`."""

from typing import Any

import numpy as np

from trilayer.lab import picture
from trilayer.lab.frames import Message
from trilayer.lab.lab import Lab
from trilayer.lab.settings import defaults


def state(lab: Lab) -> Message:
    """Build `state`."""
    origin, run = lab.samples.origin, lab.run
    lab.fresh_state = False
    sizes = {
        "n1": run.start.n1, "n2": run.start.n2, "m": run.objective.source.m,
        "m_held_out": int(lab.samples.held_out.sum()), "parameters": run.step.theta.size,
    }  # fmt: skip
    return Message(
        {
            "type": "state", "settings": lab.settings, "sizes": sizes,
            "inputs": origin.inputs, "classes": [str(label) for label in origin.classes],
            "notes": origin.notes, "running": lab.running, "k": run.step.k,
            "ring": [run.history.oldest, run.step.k], "stopped": lab.stopped,
            "engine": run.objective.engine.name,
            "comparing": lab.comparison is not None, "looking": lab.looking,
            "link": link(lab),
        },
        {},
    )  # fmt: skip


def link(lab: Lab) -> dict[str, Any] | None:
    """Return what `restore` makes this session of again; None if a table is in it."""
    if lab.settings["source"] == "table":
        return None
    plain = defaults(lab.settings["solver"])
    chosen = {k: v for k, v in lab.settings.items() if k in ("solver", "noise") or v != plain[k]}
    live = ("learning_rate", "momentum")
    changes = [
        [k, {name: options[name] for name in live if name in options}]
        for k, options in lab.run.changes
    ]
    edits = lab.samples.edits
    return {
        "v": 1, **chosen, "k": lab.run.step.k,
        "added": [[*x, label] for x, label in edits.added],
        "removed": sorted(edits.removed), "changes": changes if len(changes) > 1 else [],
    }  # fmt: skip


def data(lab: Lab) -> Message:
    """Build `data`."""
    lab.fresh_data = False
    samples = lab.samples
    x, y = lab.view.coordinates(samples)
    marks = {"label": samples.Y, "held_out": samples.held_out, "added": samples.added}
    flags = {name: values.astype(np.uint8) for name, values in marks.items()}
    header = {"type": "data", "domain": lab.view.domain, "axes": lab.view.axes(samples)}
    return Message(header, {"x": x, "y": y, **flags})


def frame(lab: Lab) -> Message:
    """Build `frame`, of the iteration that is looked at."""
    lab.fresh_frame = False
    run = lab.run
    step = run.step if lab.looking is None else run.history.at(lab.looking)
    params = run.params(lab.k)
    units = picture.shown_units(params)
    judged = picture.judged(params, lab.samples)
    held_out = judged["held_out"]
    reset, points = run.curve.fresh()
    header = {
        "type": "frame", "k": step.k, "running": lab.running, "looking": lab.looking,
        "rate": lab.pace.rate, "seconds": run.seconds, "J": step.J,
        "J_held_out": None if held_out is None else held_out["loss"],
        "gradient_norm": step.gradient_norm, "metrics": judged, "units": units,
        "curve": {"reset": reset}, "ring": [run.history.oldest, run.step.k],
    }  # fmt: skip
    curves = dict(zip(("curve_k", "curve_J", "curve_held_out"), points.T[:3], strict=True))
    return Message(header, picture.arrays(params, lab.view, units) | curves)
