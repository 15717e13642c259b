"""A model file is read where memory ends at any moment: it is refused, and can be read again."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("_testcapi", reason="Python without its own tests")

HERE = Path(__file__).parent


@pytest.mark.skipif("asan" in os.environ.get("LD_PRELOAD", ""), reason="ASan allocates")
def test_the_nth_allocation_of_python_fails():
    done = subprocess.run(
        [sys.executable, HERE / "starved.py"], env=os.environ | {"PYTHONPATH": str(HERE.parent)},
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    refused, last = map(int, re.findall(r"\d+", done.stdout))
    assert 100 < refused < last
