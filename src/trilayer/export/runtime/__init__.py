"""What exported files consist of beside the model's own numbers; `rows` is the oracle too."""

from importlib.resources import files


def source(name: str) -> str:
    """Return the text of one of these files."""
    return files(__name__).joinpath(name).read_text(encoding="utf-8")
