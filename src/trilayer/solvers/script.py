"""Runs written out as Python that needs NumPy alone: what the solvers' scripts share.

A solver's ``script(segments)`` is the loop. Before it stand ``np``; the samples ``X``
(n1 × m), ``Y`` and ``m``; ``START``, the packed parameters; ``K``, the iterations wanted; and
``objective(theta, X=X, Y=Y)``, J and its gradient at packed parameters. It leaves ``theta``
and the iterations done, ``k``.
"""

from collections.abc import Sequence

from trilayer.solvers.declaration import Segment

_WALK = '''SEED, EPOCHS = {seed}, {epochs}
SIZE = min({batch_size}, m)  # samples in a batch
BATCHES = -(-m // SIZE)


def rate_of(eta, epoch, batch, t):
    """The learning rate of one batch; t updates were done before it."""
{rate}


# Until which epoch, which learning rate{and_momentum}.
SEGMENTS = {segments}

'''

_RATES = {
    "constant": "    return eta",
    "inverse-scaling": "    return eta / np.sqrt(1.0 + t / 100.0)",
    "cosine": (
        "    progress = min((epoch + batch / BATCHES) / EPOCHS, 1.0)\n"
        "    return eta * 0.5 * (1.0 + np.cos(np.pi * progress))"
    ),
}


def listed(parts: Sequence[Segment], *names: str) -> str:
    """Write some options of each segment, behind the iteration that it ends at."""
    lines = [f"    {(until, *(options[name] for name in names))!r}," for until, options in parts]
    return "\n".join(["[", *lines, "]"])


def walk(parts: Sequence[Segment], *names: str) -> str:
    """Write what comes before a loop over epochs: sizes, the schedule and ``SEGMENTS``."""
    options = parts[0][1]
    return _WALK.format(
        seed=options["seed"],
        epochs=options["max_iter"],
        batch_size=options["batch_size"],
        rate=_RATES[options["schedule"]],
        and_momentum=" and momentum" if "momentum" in names else "",
        segments=listed(parts, *names),
    )
