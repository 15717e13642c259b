"""What is asked of ``trilayer train``."""

from dataclasses import dataclass
from pathlib import Path

from trilayer.cli.settings import Checkpoints, Cluster, Columns, Settings, Streaming
from trilayer.lazy import cached_property
from trilayer.tables import find_tables
from trilayer.tables.files import TableFile


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

    @cached_property
    def files(self) -> list[TableFile]:
        """The files of the data: found once, so that a change is noticed."""
        return find_tables(self.data)

    @cached_property
    def valid_files(self) -> list[TableFile]:
        """The files of the table to judge by."""
        return find_tables(self.valid) if self.valid else []
