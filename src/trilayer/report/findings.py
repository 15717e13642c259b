"""What a reader should know first: sentences, each with the threshold that it passed.

The order is that of what would change a decision: what forbids to use the model, what to look
at before, what speaks for it, what else there is to know.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from trilayer.metrics.scores import CLEAR
from trilayer.report.judged import LEARNT, NEW, UNKNOWN
from trilayer.report.words import Words, number, share, signed

ALERT, WARNING, GOOD, NOTE = LEVELS = ("alert", "warning", "good", "note")

FEW = 50
"""Rows of each label from which on scores say something."""

UNCALIBRATED = 0.02
"""Calibration error, beyond what chance makes, from which on probabilities mislead."""

MISSING = 0.5
"""Share of missing values from which on a column is spoken of."""

STEEP = 0.05
"""Share by which the log-loss rises next to the chosen decay, from which on that is unstable."""

UNFAIR = 0.1
"""Difference of a rate between groups that is spoken of, where it is no chance."""

RATE = 0.02
"""Difference of the share of positives from training's that is spoken of."""

_MOST, _SLICES = 5, 3  # findings of one kind


@dataclass(frozen=True)
class Finding:
    """One sentence: its code, how serious it is, what fills it in, and the threshold passed."""

    code: str
    level: str
    values: dict[str, str] = field(default_factory=dict)
    limit: float | None = None

    def as_json(self, words: Words) -> dict[str, Any]:
        """Return it with its sentence."""
        text = words(f"finding.{self.code}", **self.values)
        return {
            "code": self.code,
            "level": self.level,
            "text": text,
            "values": self.values,
            "limit": self.limit,
        }


def findings(report: dict[str, Any]) -> list[Finding]:
    """Return what is found in a report's sections, the most serious first."""
    found = [
        *_rows(report["data"]),
        *_few(report["scores"]),
        *_against_prior(report["scores"]),
        *_against_unit(report["scores"]["beside"]),
        *_threshold(report["scores"]),
        *_calibration(report["calibration"]),
        *_leaks(report["data"]["leaks"]),
        *_fairness(report["fairness"]),
        *_slices(report["slices"]),
        *_drift(report["data"]),
        *_columns(report["data"], report["importance"]),
        *_training(report["training"]),
    ]
    return sorted(found, key=lambda each: LEVELS.index(each.level))


def _rows(data: dict[str, Any]) -> Iterator[Finding]:
    if data["which"] == LEARNT:
        yield Finding("learnt_rows", ALERT)
    elif data["which"] == UNKNOWN:
        yield Finding("unknown_rows", NOTE)
    elif data["which"] == NEW:
        yield Finding("new_rows", NOTE)
    else:
        yield Finding("held_out_rows", NOTE, {"rows": f"{data['rows']:,}"})
    if data["which"] in {NEW, UNKNOWN} and data["trained_rate"] is not None:
        apart = abs(data["rate"] - data["trained_rate"])
        error = (data["rate"] * (1 - data["rate"]) / data["rows"]) ** 0.5
        if apart >= max(RATE, 4 * error):
            values = {"rate": share(data["rate"]), "trained": share(data["trained_rate"])}
            yield Finding("rate", WARNING, values, RATE)


def _few(scores: dict[str, Any]) -> Iterator[Finding]:
    least = min(scores["positives"], scores["rows"] - scores["positives"])
    if least < FEW:
        values = {
            "positives": f"{scores['positives']:,}",
            "negatives": f"{scores['rows'] - scores['positives']:,}",
        }
        yield Finding("few", ALERT, values, FEW)


def _against_prior(scores: dict[str, Any]) -> Iterator[Finding]:
    beside = scores["beside"]
    gain, error = beside["prior_gain"]["log_loss"], beside["prior_gain"]["standard_error"]
    loss, prior = scores["scores"]["log_loss"]["value"], beside["prior"]["log_loss"]
    values = {
        "loss": number(loss),
        "prior": number(prior),
        "share": share(gain / prior if prior else 0.0),
        "auc": number((scores["scores"]["auc"] or {"value": None})["value"]),
    }
    if error is not None and gain > CLEAR * error:
        yield Finding("beats_prior", GOOD, values, CLEAR)
    else:
        yield Finding("not_beats_prior", ALERT, values, CLEAR)


def _against_unit(beside: dict[str, Any]) -> Iterator[Finding]:
    gain = beside["unit_gain"]
    if not isinstance(gain, dict) or not isinstance(gain.get("log_loss"), float):
        return
    values = {"gain": number(abs(gain["log_loss"]))}
    if beside["unit_earns"]:
        yield Finding("beats_unit", GOOD, values, CLEAR)
    elif (
        gain["log_loss"] < 0
        and gain["standard_error"]
        and (-gain["log_loss"] > CLEAR * gain["standard_error"])
    ):
        yield Finding("worse_than_unit", WARNING, values, CLEAR)
    else:
        yield Finding("no_better_than_unit", NOTE, values, CLEAR)


def _threshold(scores: dict[str, Any]) -> Iterator[Finding]:
    """Say what the model finds at its threshold; or that it calls all rows alike."""
    counts = scores["confusion"]
    found, missed = counts["true_positive"], counts["false_negative"]
    called = found + counts["false_positive"]
    if not 0 < found + missed < scores["rows"]:
        return
    values = {
        "threshold": f"{scores['threshold']:g}",
        "positives": f"{found + missed:,}",
        "found": share(found / (found + missed)),
        "precision": share(found / called) if called else "–",
    }
    if called in {0, scores["rows"]}:
        yield Finding("calls_none" if not called else "calls_all", WARNING, values)
    else:
        yield Finding("at_threshold", NOTE, values)


def _calibration(found: dict[str, Any]) -> Iterator[Finding]:
    values = {
        "error": number(found["error"]),
        "chance": number(found["chance"]),
        "said": share(found["mean_probability"]),
        "rate": share(found["rate"]),
        "slope": number(found["slope"], 2),
    }
    if found["error"] <= found["chance"]:
        yield Finding("calibrated", GOOD, values, found["chance"])
    elif found["error"] < found["chance"] + UNCALIBRATED:
        yield Finding("nearly_calibrated", NOTE, values, found["chance"])
    else:
        yield Finding(_miscalibration(found), ALERT, values, found["chance"] + UNCALIBRATED)


def _miscalibration(found: dict[str, Any]) -> str:
    """Say in which way probabilities are wrong: too high, too low, too sure, not sure enough."""
    apart = found["mean_probability"] - found["rate"]
    if abs(apart) > found["error"] / 2:
        return "too_high" if apart > 0 else "too_low"
    if found["slope"] is None:
        return "miscalibrated"
    return "too_sure" if found["slope"] < 1 else "unsure"


def _leaks(leaks: list[dict[str, Any]]) -> Iterator[Finding]:
    for leak in leaks[:_MOST]:
        values = {"column": leak["column"], "auc": number(leak["auc"])}
        yield Finding("leak", ALERT, values, leak["limit"])


def _fairness(found: dict[str, Any] | None) -> Iterator[Finding]:
    if found is None:
        return
    gaps = [(name, gap) for name, gap in found["gaps"].items() if gap is not None]
    clear = [(n, g) for n, g in gaps if g["difference"] >= UNFAIR and g["z"] > CLEAR]
    for name, gap in clear:
        groups = found["groups"]
        high, low = groups[gap["highest"]], groups[gap["lowest"]]
        values = {
            "column": found["column"],
            "high_group": group_name(high),
            "low_group": group_name(low),
            "high": share(high[name]["value"]),
            "low": share(low[name]["value"]),
        }
        yield Finding(f"unfair_{name}", WARNING, values, UNFAIR)
    if gaps and not clear:
        yield Finding("fair", GOOD, {"column": found["column"], "gap": share(UNFAIR)}, UNFAIR)


def _slices(found: dict[str, Any]) -> Iterator[Finding]:
    wrong = [each for each in found["worst"] if each["wrong"]]
    hard = [each for each in found["worst"] if each["clear"] and not each["wrong"]]
    for code, level, some in (("slice_wrong", WARNING, wrong), ("slice_hard", NOTE, hard)):
        for each in some[:_SLICES]:
            values = {
                "slice": f"{each['column']}: {group_name(each)}",
                "rows": f"{each['rows']:,}",
                "loss": number(each["log_loss"]),
                "expected": number(each["expected"]),
                "whole": number(found["log_loss"]),
                "said": share(each["mean_probability"]),
                "rate": share(each["rate"]),
            }
            yield Finding(code, level, values, found["limit"])
    if found["judged"] and not wrong:
        yield Finding("no_slice", GOOD, {"judged": f"{found['judged']:,}"}, found["limit"])


def group_name(group: dict[str, Any]) -> str:
    """Write a group of rows: its level, its range, or a sign for no value."""
    if group["kind"] == "missing":
        return "∅"
    return f"{group['low']} – {group['high']}" if group["kind"] == "range" else group["low"]


def _drift(data: dict[str, Any]) -> Iterator[Finding]:
    for each in data["drift"][:_MOST]:
        values = {
            "column": each["column"],
            "strange": share(each["strange"]),
            "missing": share(each["missing"]),
            "trained": share(each["trained_missing"]),
        }
        yield Finding("drift", WARNING, values, None)
    for each in data["shifts"][:_MOST]:
        values = {
            "column": each["column"],
            "median": f"{each['median']:.6g}",
            "trained": f"{each['trained']:.6g}",
            "spreads": f"{abs(each['spreads']):.1f}",
        }
        yield Finding("shift", WARNING, values, each["limit"])


def _columns(data: dict[str, Any], importance: dict[str, Any]) -> Iterator[Finding]:
    top = [each for each in importance["columns"] if each["low"] > 0][:3]
    if top:
        listed = " · ".join(f"{each['column']} ({signed(each['rise'])})" for each in top)
        yield Finding("carries", GOOD, {"columns": listed}, 0.0)
        total = sum(max(each["rise"], 0.0) for each in importance["columns"])
        if len(importance["columns"]) > 2 and top[0]["rise"] > 0.8 * total:
            values = {"column": top[0]["column"], "share": share(top[0]["rise"] / total)}
            yield Finding("one_column", WARNING, values, 0.8)
    else:
        yield Finding("nothing_carries", WARNING, {}, 0.0)
    for each in data["missing"][:_MOST]:
        values = {"column": each["column"], "share": share(each["share"])}
        yield Finding("missing", WARNING, values, MISSING)
    if data["constant"]:
        names = " · ".join(data["constant"][:_MOST])
        yield Finding("constant", NOTE, {"columns": names}, None)
    if data["unanswered"]:
        yield Finding("unanswered", NOTE, {"rows": f"{data['unanswered']:,}"}, None)


def _training(training: dict[str, Any]) -> Iterator[Finding]:
    if training["stop_reason"] in {"interrupted", "diverged", "max_seconds"}:
        yield Finding(f"stopped_{training['stop_reason']}", WARNING)
    decay = training["decay"]
    if decay is None:
        return
    values = {"l2": f"{decay['l2']:g}", "rise": share(decay["rise"])}
    if decay["rise"] is not None and decay["rise"] > STEEP:
        yield Finding("unstable_decay", WARNING, values, STEEP)
    if decay["at_edge"]:
        yield Finding("decay_at_edge", WARNING, {"l2": values["l2"]}, None)
