"""What is asked of ``trilayer train``."""

from dataclasses import dataclass
from pathlib import Path

from trilayer.cli.paths import form_of
from trilayer.cli.settings import Checkpoints, Columns, Placing, Settings, Text
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
    placing: Placing
    text: Text
    force: bool
    report: Path | None = None

    @cached_property
    def files(self) -> list[TableFile]:
        """The files of the data: found once, so that a change is noticed."""
        return find_tables(self.data, form=form_of(self.text))

    @cached_property
    def valid_files(self) -> list[TableFile]:
        """The files of the table to judge by."""
        return find_tables(self.valid, form=form_of(self.text)) if self.valid else []
