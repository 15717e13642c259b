"""The run as a script that needs nothing but NumPy."""

from trilayer.lab.exporting import literals
from trilayer.lab.exporting.settings import segments
from trilayer.lab.exporting.templates import HEAD, NETWORK, TAIL, UNIT
from trilayer.lab.faults import RefusalError
from trilayer.lab.lab import Lab
from trilayer.params import pack
from trilayer.solvers import solver


def make(lab: Lab, k: int) -> bytes:
    """Write the script of iterations 1 to k.

    Raises
    ------
    RefusalError
        If the solver does not say how it is written out.
    """
    script = solver(lab.run.solver).script
    if script is None:
        raise RefusalError("no_script", solver=lab.run.solver)
    n1, n2, m = lab.run.start.n1, lab.run.start.n2, lab.run.objective.source.m
    head = HEAD.format(
        n1=n1, n2=n2, m=m, k=k, solver=lab.run.solver, l2=lab.run.l2,
        imports=literals.imports(lab), samples=literals.samples(lab),
        start=literals.array(pack(lab.run.start)[None]) + "[0]",
    )  # fmt: skip
    return (head + (NETWORK if n2 else UNIT) + script(segments(lab, k)) + TAIL).encode()
