"""What is asked of ``trilayer train``."""

from dataclasses import dataclass
from pathlib import Path

from trilayer.cli.settings import Checkpoints, Cluster, Columns, Settings, Streaming


@dataclass(frozen=True)
class Job:
    """All options of the command."""

    data: list[Path]
    valid: list[Path]
    columns: Columns
    settings: Settings
    threshold: float
    output: Path
    checkpoints: Checkpoints
    streaming: Streaming
    cluster: Cluster
    force: bool
