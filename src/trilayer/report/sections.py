"""The report as sections of words and tables: what Markdown and the page both are written from."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from trilayer.report.findings import group_name
from trilayer.report.scoring import NAMES
from trilayer.report.words import Words, number, share, signed


@dataclass(frozen=True)
class Table:
    """Rows under headings; the first column names them, the others are numbers, if `numbers`."""

    head: list[str]
    rows: list[list[str]]
    title: str = ""
    numbers: bool = True


@dataclass(frozen=True)
class Section:
    """A heading and what stands below it.

    Attributes
    ----------
    name : str
        Its anchor, and what the page's script finds it by.
    title, help : str
    tables : list of Table
    charts : list of str
        Pictures, which only the page has.
    command : str
        Words to be typed in a shell.
    live : bool
        Whether the page's script puts something here.
    """

    name: str
    title: str
    help: str = ""
    tables: list[Table] = field(default_factory=list)
    charts: list[str] = field(default_factory=list)
    command: str = ""
    live: bool = False


def about(report: dict[str, Any], words: Words) -> str:
    """Return the sentence on what is predicted, and of how many rows."""
    card, scores = report["card"], report["scores"]
    return words(
        "about",
        positive=card["positive"],
        target=card["target"],
        rows=f"{scores['rows']:,}",
        positives=f"{scores['positives']:,}",
    )


def sections(report: dict[str, Any], words: Words) -> Iterator[Section]:
    """Return the sections behind the findings, in their order."""
    yield _scores(report, words)
    yield _threshold(report, words)
    yield _curves(report, words)
    yield _calibration(report, words)
    yield _lift(report, words)
    yield _importance(report, words)
    yield _dependence(report, words)
    yield _interactions(report, words)
    yield _slices(report, words)
    if report["fairness"] is not None:
        yield _fairness(report, words)
    yield Section("whatif", words("section.whatif"), words("whatif.help"), live=True)
    yield Section("rows", words("section.rows"), live=True)
    yield _training(report, words)
    yield from _card(report, words)


def _scores(report: dict[str, Any], words: Words) -> Section:
    found = report["scores"]
    beside, rows = found["beside"], []
    for name in NAMES:
        here = found["scores"][name]
        interval = "–" if here is None else f"{number(here['low'])} – {number(here['high'])}"
        others = [number((beside[other] or {}).get(name)) for other in ("prior", "unit")]
        rows.append([words(f"score.{name}"), number(here and here["value"]), interval, *others])
    head = [words(key) for key in ("score", "network", "interval", "prior", "unit")]
    told = words("scores.help", resamples=found["resamples"], rate=share(beside["prior_rate"]))
    if beside["unit"] is None:
        told += " " + words("scores.no_unit")
    return Section("scores", words("section.scores"), told, [Table(head, rows)])


def _threshold(report: dict[str, Any], words: Words) -> Section:
    confusion, labels = report["scores"]["confusion"], report["card"]
    negative, positive = str(labels["negative"]), str(labels["positive"])
    rows = [
        [
            words("truly", label=label),
            *(f"{confusion[f'{kind}_{said}']:,}" for kind, said in pair),
        ]
        for label, pair in (
            (negative, (("true", "negative"), ("false", "positive"))),
            (positive, (("false", "negative"), ("true", "positive"))),
        )
    ]
    head = ["", words("said", label=negative), words("said", label=positive)]
    title = f"{words('threshold')} {report['scores']['threshold']:g}"
    told = words("threshold.help", positive=positive)
    table = Table(head, rows, title)
    return Section("threshold", words("section.threshold"), told, [table], live=True)


def _curves(report: dict[str, Any], words: Words) -> Section:
    both = ["roc", "pr"] if report["scores"]["roc"] else []
    return Section("curves", words("section.curves"), charts=[*both, "histogram"])


def _calibration(report: dict[str, Any], words: Words) -> Section:
    found = report["calibration"]
    told = words(
        "calibration.help",
        error=number(found["error"]),
        chance=number(found["chance"]),
        slope=number(found["slope"], 2),
        intercept=number(found["intercept"], 2),
    )
    head = [words(key) for key in ("chart.calibration.x", "chart.calibration.y", "rows")]
    rows = [
        [number(each["probability"]), number(each["frequency"]), f"{each['rows']:,}"]
        for each in found["bins"]
    ]
    return Section(
        "calibration", words("section.calibration"), told, [Table(head, rows)], ["calibration"]
    )


def _lift(report: dict[str, Any], words: Words) -> Section:
    keys = ("group", "least", "rows", "positives", "rate", "lift", "gain")
    head = [words(f"lift.{key}") for key in keys]
    rows = [
        [
            str(place),
            number(each["least"]),
            f"{each['rows']:,}",
            f"{each['positives']:,}",
            share(each["rate"]),
            number(each["lift"], 2),
            share(each["gain"]),
        ]
        for place, each in enumerate(report["scores"]["lift"], 1)
    ]
    return Section("lift", words("section.lift"), "", [Table(head, rows)], ["gain"])


def _importance(report: dict[str, Any], words: Words) -> Section:
    found = report["importance"]
    told = words("importance.help", rows=f"{found['rows']:,}", repeats=found["repeats"])
    rows = [
        [each["column"], signed(each["rise"]), f"{signed(each['low'])} – {signed(each['high'])}"]
        for each in found["columns"]
    ]
    head = [words(key) for key in ("column", "rise", "interval")]
    return Section("importance", words("section.importance"), told, [Table(head, rows)])


def _dependence(report: dict[str, Any], words: Words) -> Section:
    """Numbers are drawn, so their tables are for Markdown: the page folds them away."""
    found = report["dependence"]
    tables, charts = [], []
    for place, each in enumerate(found["columns"]):
        head = [each["column"], words("line.mean"), "10% – 90%"]
        rows = [
            [label, number(mean), f"{number(low)} – {number(high)}"]
            for label, mean, low, high in zip(
                each["labels"], each["mean"], each["low"], each["high"], strict=True
            )
        ]
        tables.append(Table(head, rows))
        if each["values"] and len(each["values"]) > 1:
            charts.append(f"dependence-{place}")
    told = words("dependence.help", rows=f"{found['rows']:,}")
    return Section("dependence", words("section.dependence"), told, tables, charts)


def _interactions(report: dict[str, Any], words: Words) -> Section:
    rows = [
        [" × ".join(each["columns"]), number(each["h2"], 3)]
        for each in report["dependence"]["pairs"]
    ]
    tables = [Table([words("pair"), words("h2")], rows)] if rows else []
    return Section(
        "interactions", words("section.interactions"), words("interactions.help"), tables
    )


def _slices(report: dict[str, Any], words: Words) -> Section:
    found = report["slices"]
    keys = ("slice", "rows", "score.log_loss", "expected", "said.mean", "rate", "verdict")
    rows = [
        [
            f"{each['column']}: {_group(each, words)}",
            f"{each['rows']:,}",
            number(each["log_loss"]),
            number(each["expected"]),
            share(each["mean_probability"]),
            share(each["rate"]),
            words("wrong" if each["wrong"] else "hard" if each["clear"] else "chance"),
        ]
        for each in found["worst"]
    ]
    told = words(
        "slices.help",
        judged=f"{found['judged']:,}",
        fewest=found["fewest"],
        whole=number(found["log_loss"]),
    )
    return Section(
        "slices", words("section.slices"), told, [Table([words(key) for key in keys], rows)]
    )


def _fairness(report: dict[str, Any], words: Words) -> Section:
    found = report["fairness"]
    names = ("selected", "true_positive_rate", "false_positive_rate", "precision")
    rows = [
        [
            _group(each, words),
            f"{each['rows']:,}",
            share(each["rate"]),
            share(each["mean_probability"]),
            *(_with_interval(each[name]) for name in names),
            number(each["auc"]),
        ]
        for each in found["groups"]
    ]
    gaps = [share(gap["difference"]) if (gap := found["gaps"][name]) else "–" for name in names]
    rows.append([words("fair.gap"), "", "", "", *gaps, ""])
    head = [words(key) for key in ("group", "rows", "rate", "said.mean")]
    head += [*(words(f"fair.{name}") for name in names), words("score.auc")]
    title = words("section.fairness", column=found["column"])
    told = words("fairness.help", threshold=f"{found['threshold']:g}")
    return Section("fairness", title, told, [Table(head, rows)])


def _with_interval(found: dict[str, Any] | None) -> str:
    if found is None:
        return "–"
    return f"{share(found['value'])} ({share(found['low'])} – {share(found['high'])})"


def _group(group: dict[str, Any], words: Words) -> str:
    return words("missing") if group["kind"] == "missing" else group_name(group)


def _training(report: dict[str, Any], words: Words) -> Section:
    found = report["training"]
    charts = ["training"] if found["loss"] or found["validation"] else []
    tables = []
    if found["decay"] is not None:
        charts.append("decay")
        head = [words("chart.decay.x"), words("score.log_loss")]
        rows = [[f"{each['l2']:g}", number(each["log_loss"])] for each in found["decay"]["tried"]]
        tables.append(Table(head, rows))
    told = ""
    if found["solver"]:
        told = words(
            "card.solver.value",
            solver=found["solver"],
            iterations=found["iterations"],
            reason=found["stop_reason"],
        )
    return Section("training", words("section.training"), told, tables, charts)


def _card(report: dict[str, Any], words: Words) -> Iterator[Section]:
    found = report["card"]
    facts = [
        [words("card.model"), found["model"]],
        [words("card.target"), f"{found['target']}: {found['positive']} / {found['negative']}"],
        [words("threshold"), f"{found['threshold']:g}"],
        [
            words("card.network"),
            words(
                "card.network.value",
                inputs=f"{found['inputs']:,}",
                hidden=f"{found['hidden']:,}",
                parameters=f"{found['parameters']:,}",
                dtype=found["dtype"],
            ),
        ],
        *_prints(words("card.trained_on"), found["trained_on"], words),
        *_prints(words("card.judged_on"), found["judged_on"], words),
        [words("card.versions"), words.listed([f"{k} {v}" for k, v in found["versions"].items()])],
    ]
    columns = [
        [each["column"], each["kind"], f"{each['inputs']:,}", each["note"]]
        for each in found["columns"]
    ]
    head = [words(key) for key in ("card.columns", "card.kind", "card.inputs", "card.notes")]
    yield Section(
        "card",
        words("section.card"),
        tables=[Table(["", ""], facts, numbers=False), Table(head, columns, numbers=False)],
    )
    told = words("card.command.help" if found["command"] else "card.no_command")
    yield Section("command", words("card.command"), told, command=found["command"] or "")


def _prints(title: str, mark: Any, words: Words) -> Iterator[list[str]]:
    """Write a fingerprint, where it is one of ours."""
    if not isinstance(mark, dict):
        return
    files, sha256 = mark.get("files"), mark.get("sha256")
    if isinstance(files, list):
        yield [title, words.listed([str(name) for name in files])]
    if isinstance(sha256, str):
        yield [f"{title}, {words('card.sha256')}", sha256]
