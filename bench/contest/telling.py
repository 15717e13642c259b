"""The results as a table, as JSON and as a picture."""

import json
import os
import platform
import statistics
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from contest.measure import Score
from contest.registry import OURS, PEERS
from contest.works import WORKS, Work

Results = dict[str, dict[str, Score]]
PACKAGES = ("trilayer", "numpy", "scikit-learn", "torch", "jax", "numba")


def processor() -> str:
    """Return what the processor calls itself."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def machine() -> dict[str, Any]:
    """Return what the figures depend on."""
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    try:
        from trilayer.engines import select

        versions["trilayer"] += f" {select('auto').description}"
    except (ImportError, AttributeError, KeyError):
        pass
    return {
        "processor": processor(),
        "processors": os.cpu_count(),
        "python": platform.python_version(),
        "versions": versions,
        "load": os.getloadavg(),
    }


def duration(seconds: float) -> str:
    """Return a time with a unit that suits it."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size or unit == "µs":
            value = seconds / size
            return f"{value:,.{0 if value >= 100 else 1 if value >= 10 else 2}f} {unit}"
    return ""


def rows(work: Work, scores: dict[str, Score]) -> list[str]:
    """Return one work's lines of the table; ratios are to trilayer's public door."""
    ours = scores.get(OURS)
    ours_time = ours.median if ours and not ours.failed and ours.times else float("nan")
    lines = []
    for name, score in scores.items():
        start = f"| {work.key} | {name} |"
        if score.failed:
            lines.append(f"{start} – | – | – | – | – | {score.failed} |")
            continue
        ratio = score.median / ours_time
        more = max(0.0, score.peak - score.data_and_libraries)
        lines.append(
            f"{start} {duration(score.median)} | {duration(min(score.times))} | {ratio:.2f} | "
            f"{score.peak:,.0f} MB (+{more:,.0f}) | {score.first:.2f} s | {score.error:.0e} |"
        )
    return lines


def compact(results: Results) -> list[str]:
    """Return the medians alone: a line a peer, a column a work."""
    names = [name for name in PEERS if any(name in scores for scores in results.values())]
    lines = [f"| | {' | '.join(results)} |", f"|---|{'---:|' * len(results)}"]
    for name in names:
        told = [scores.get(name) for scores in results.values()]
        cells = [duration(s.median) if s and s.times and not s.failed else "–" for s in told]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def markdown(works: dict[str, Work], results: Results, about: dict[str, Any]) -> str:
    """Return the whole table, and what one must know to read it."""
    lines = [
        f"{about['processor']}, {about['processors']} processors, {about['threads']} threads for "
        f"everyone; Python {about['python']}, "
        + ", ".join(f"{name} {number}" for name, number in about["versions"].items())
        + f"; load {about['load_before'][0]:.1f} before and {about['load'][0]:.1f} after.",
        "",
    ]
    lines += [
        f"- {key}: {work.title}, {work.shape}; time per {work.unit}, {work.steps} in a run, "
        f"medians of {about['repeats']}; results within {work.tolerance:.0e}"
        for key, work in works.items()
    ]
    if about["load_before"][0] > 0.5:
        lines.append(
            "- the machine was not quiet when this began: trust ratios before times, and neither "
            "to the last digit"
        )
    absent = [peer.name for peer in PEERS.values() if not peer.is_here]
    lines += [f"- not installed: {', '.join(absent)}"] if absent else []
    lines += ["", *compact(results)]
    lines += [
        "",
        "| work | peer | median | least | ÷ trilayer | peak memory (+ after loading) | first run "
        "with import and compilation | disagreement |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for key, scores in results.items():
        lines += rows(works[key], scores)
    return "\n".join(lines) + "\n"


def as_json(works: dict[str, Work], results: Results, about: dict[str, Any]) -> str:
    """Return everything measured."""
    told = {
        key: {
            "work": asdict(works[key]),
            "peers": {
                name: asdict(score)
                | {"median": statistics.median(score.times) if score.times else None}
                for name, score in scores.items()
            },
        }
        for key, scores in results.items()
    }
    return json.dumps({"about": about, "works": told}, indent=1)


def plot(results: Results, path: Path) -> bool:
    """Draw each peer's time over trilayer's, one panel a work; False without matplotlib."""
    try:
        import matplotlib as mpl
    except ImportError:
        return False
    mpl.use("Agg")
    mpl.rcParams["svg.fonttype"] = "none"  # text stays text: a tenth of the size
    import matplotlib.pyplot as plt
    from matplotlib.ticker import NullFormatter

    wide = min(4, len(results))
    tall = -(-len(results) // wide)
    figure, axes = plt.subplots(
        tall, wide, figsize=(3.6 * wide, 2.9 * tall), squeeze=False, layout="constrained"
    )
    for ax in axes.flat[len(results) :]:
        ax.axis("off")
    for ax, (key, scores) in zip(axes.flat, results.items(), strict=False):
        shown = {name: s.median for name, s in scores.items() if s.times and not s.failed}
        if not shown:
            continue
        names = list(shown)[::-1]
        colours = ["#c0392b" if name.startswith(OURS) else "#7f8c8d" for name in names]
        bars = ax.barh(names, [shown[name] for name in names], color=colours)
        ax.bar_label(bars, [duration(shown[name]) for name in names], padding=3, fontsize=7)
        ax.set_xscale("log")
        low, high = min(shown.values()), max(shown.values())
        ax.set_xlim(low / 2, high * (high / low) ** 0.3 * 2)
        ax.set_title(f"{key} {WORKS[key].title}", fontsize=9)
        ax.xaxis.set_minor_formatter(NullFormatter())  # the bars say what they are
        ax.tick_params(labelsize=7)
        ax.set_xlabel(f"seconds per {WORKS[key].unit}", fontsize=7)
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    plt.close(figure)
    return True
