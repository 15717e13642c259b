"""Hold the laws against bytes that atheris makes up: ``python -m fuzz.run TARGET OPTIONS``.

The options are libFuzzer's, and folders of what is to be set out from beside the corpus. What
is found is written where the command is run.
"""

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


def main():
    target, *options = sys.argv[1:]
    warnings.simplefilter("ignore")
    with atheris.instrument_imports(include=["trilayer"]):
        law = quick(law_of(target))
        import trilayer

        for module in walk_packages(trilayer.__path__, "trilayer."):
            if not module.name.endswith("__main__"):
                import_module(module.name)  # or it is first when a law is held, and unwatched
    atheris.Setup([sys.argv[0], *LIMITS.split(), *options, str(CORPUS / target)], law)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
