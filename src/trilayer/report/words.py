"""The report's sentences, in the languages it has."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

LANGUAGES = ("en", "zh")
STATIC = files("trilayer.report") / "static"


@dataclass(frozen=True)
class Words:
    """One language: its code, and its sentences by key."""

    language: str
    sentences: dict[str, str]

    def __call__(self, key: str, **values: Any) -> str:
        """Return a sentence, filled in."""
        return self.sentences[key].format(**values)

    def listed(self, names: Sequence[str]) -> str:
        """Join names."""
        return self.sentences["list.comma"].join(names)


def words(language: str) -> Words:
    """Return a language's sentences."""
    text = (STATIC / "i18n" / f"{language}.json").read_text(encoding="utf-8")
    return Words(language, json.loads(text))


def number(value: float | None, digits: int = 4) -> str:
    """Write a score; a dash where it is not defined."""
    return "–" if value is None else f"{value:.{digits}f}"


def signed(value: float) -> str:
    """Write a difference with its sign, which nothing has none of."""
    return f"{value:+.4f}" if abs(value) >= 0.00005 else "0.0000"


def share(value: float | None) -> str:
    """Write a share in per cent, with more digits where it is small."""
    if value is None:
        return "–"
    return f"{value:.2%}" if 0 < abs(value) < 0.01 else f"{value:.1%}"
