"""Hold the laws against bytes that atheris makes up: ``python -m fuzz.run TARGET OPTIONS``.

The options are libFuzzer's, and folders of what is to be set out from beside the corpus. What
is found is written where the command is run.
"""

import os
import sys
import time
import warnings
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import atheris

from fuzz import law_of

ROOT = Path(__file__).resolve().parents[2]
CORPUS = Path(__file__).parent / "corpus"
MOST_SECONDS = 5.0
LIMITS = "-rss_limit_mb=1024 -timeout=20 -max_len=8192 -len_control=0 -print_final_stats=1"

# An editable install is found in a way that atheris does not follow.
sys.path.insert(0, str(ROOT / "src"))
sys.meta_path.sort(key=lambda finder: "Redirecting" in type(finder).__name__)


def quick(law):
    """Hold the law, and that this takes no longer than it may."""

    def held(data):
        began = time.process_time()
        law(data)
        assert time.process_time() - began < MOST_SECONDS, "it takes too long"

    return held


def ending(law, runs, seconds):
    """Hold the law so often, or so long, and end the process there.

    libFuzzer would end it with `exit`, while it holds Python's lock: and Arrow's threads, which
    that waits for, may be waiting for the lock.
    """
    done = began = 0

    def held(data):
        nonlocal done, began
        began = began or time.monotonic()  # libraries are loaded before the first
        law(data)
        done += 1
        if done == runs or time.monotonic() - began > seconds:
            sys.stdout.write(f"stat::number_of_executed_units: {done}\n")
            sys.stdout.flush()
            os._exit(0)

    return held


def limits(options):
    """Take the runs and the seconds out of libFuzzer's options."""
    given = dict(
        each.split("=", 1) for each in options if each.startswith(("-runs=", "-max_total"))
    )
    left = [each for each in options if each.split("=")[0] not in given]
    return int(given.get("-runs", -1)), float(given.get("-max_total_time", "inf")), left


def main():
    target, *options = sys.argv[1:]
    runs, seconds, options = limits(options)
    warnings.simplefilter("ignore")
    with atheris.instrument_imports(include=["trilayer"]):
        law = ending(quick(law_of(target)), runs, seconds)
        import trilayer

        for module in walk_packages(trilayer.__path__, "trilayer."):
            if not module.name.endswith("__main__"):
                import_module(module.name)  # or it is first when a law is held, and unwatched
    atheris.Setup([sys.argv[0], *LIMITS.split(), *options, str(CORPUS / target)], law)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
