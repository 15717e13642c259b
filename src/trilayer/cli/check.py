"""``trilayer check``: every equation, every misprint, every gradient of a model."""

from typing import TYPE_CHECKING, Any

from trilayer.cli import exits
from trilayer.cli.settings import Flag

if TYPE_CHECKING:
    from trilayer.derivation.misprints import Finding
    from trilayer.derivation.proofs import Proof

GRADIENT_TOLERANCE = 1e-6


def check(model: str | None = None, /, *, json: Flag = False) -> int:
    """Show that every equation holds, that every misprint fails, and a model's gradients.

    Parameters
    ----------
    model
        Model file whose gradients are to be compared with central differences too.
    json
        Print one JSON object instead of tables.
    """
    from trilayer.cli.output import say, show_json
    from trilayer.derivation.misprints import examine
    from trilayer.derivation.proofs import prove
    from trilayer.engines import select

    gradients = None if model is None else _gradients(model)
    proofs, findings = prove(), examine()
    failed = [proof.id for proof in proofs if not proof.holds]
    failed += [finding.id for finding in findings if not _is_shown(finding)]
    if gradients is not None and not gradients["holds"]:
        failed.append("gradients")
    engine = select("auto").description
    if json:
        show_json(_result(proofs, findings, engine, gradients, failed))
    else:
        _show(proofs, findings, engine, gradients)
    if failed:
        say(f"trilayer: the check failed for {', '.join(failed)}")
    return exits.FAILED if failed else exits.OK


def _is_shown(finding: "Finding") -> bool:
    """Whether the printed form is shown to fail, and the corrected one to hold."""
    return finding.printed_fails and finding.corrected_holds


def _gradients(name: str) -> dict[str, Any]:
    """Compare a model's gradients on its check rows, which take both classes in turn."""
    import numpy as np

    from trilayer.cli.paths import existing
    from trilayer.derivation.gradcheck import check_gradients
    from trilayer.modelfile import read

    record = read(existing(name))
    Y = np.arange(record.check_X.shape[1]) % 2
    outcome = check_gradients(record.params, record.check_X, Y)
    error = float(outcome.max_relative_error)
    worst = max(outcome.table, key=lambda row: row.relative_error)
    return {
        "model": name,
        "parameters": len(outcome.table),
        "rows": len(Y),
        "max_relative_error": error,
        "worst": f"{worst.matrix}[{worst.row}, {worst.column}]",
        "tolerance": GRADIENT_TOLERANCE,
        "holds": error < GRADIENT_TOLERANCE,
    }


def _result(
    proofs: "list[Proof]",
    findings: "list[Finding]",
    engine: str,
    gradients: dict[str, Any] | None,
    failed: list[str],
) -> dict[str, Any]:
    return {
        "engine": engine,
        "equations": [proof._asdict() for proof in proofs],
        "misprints": [
            finding._asdict() | {"corrected_holds": finding.corrected_holds} for finding in findings
        ],
        "gradients": gradients,
        "failed": failed,
    }


def _show(
    proofs: "list[Proof]",
    findings: "list[Finding]",
    engine: str,
    gradients: dict[str, Any] | None,
) -> None:
    from trilayer.cli.output import show, table

    marks = {True: "holds", False: "FAILS"}
    equations = [
        (p.id, p.statement, p.shape, p.method, f"{p.error:.1e}", marks[p.holds]) for p in proofs
    ]
    columns = ("", "equation", "shape", "compared", "error", "")
    show(table(columns, equations, title="Every equation of the derivation, as code"))
    misprints = [
        (f.id, f.where, f.printed, f.printed_outcome, f.corrected, marks[_is_shown(f)])
        for f in findings
    ]
    columns = ("", "where", "as printed", "what that gives", "corrected", "")
    show(table(columns, misprints, title="Every misprint of the source"))
    show(f"Live engine: {engine}")
    if gradients is not None:
        show(
            f"Gradients of {gradients['model']}: {gradients['parameters']:,} parameters against "
            f"central differences on {gradients['rows']} check rows, largest relative error "
            f"{gradients['max_relative_error']:.1e} at {gradients['worst']}: "
            f"{marks[gradients['holds']]}"
        )
