"""Fail unless both READMEs name every command of the shell and of make."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
READMES = ("README.md", "README.zh-CN.md")


def commands() -> list[str]:
    """Return ``trilayer X`` for every command and ``make X`` for every target."""
    from trilayer.cli import app

    shell = [f"trilayer {name}" for name in app if not name.startswith("-")]
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    targets = phony.group(1).split() if phony else []
    return shell + [f"make {target}" for target in targets if target != "clean"]


def main() -> int:
    """Print what is missing; return 1 if anything is."""
    missing = [
        f"{readme} does not mention `{command}`"
        for readme in READMES
        for command in commands()
        if command not in (ROOT / readme).read_text(encoding="utf-8")
    ]
    print("\n".join(missing) or f"{len(commands())} commands, all in {' and '.join(READMES)}")
    return int(bool(missing))


if __name__ == "__main__":
    sys.exit(main())
