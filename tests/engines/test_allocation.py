"""Native code that gets no memory, at any of its allocations: a MemoryError, and nothing broken."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CXX = os.environ.get("CXX") or shutil.which("c++")

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="preloads a library"),
    pytest.mark.skipif("asan" in os.environ.get("LD_PRELOAD", ""), reason="ASan allocates"),
    pytest.mark.skipif(CXX is None, reason="no C++ compiler"),
]


def test_the_nth_allocation_fails_for_every_n(tmp_path):
    shim = tmp_path / "allocation.so"
    words = [CXX, "-std=c++17", "-O1", "-shared", "-fPIC", HERE / "allocation.cpp", "-o", shim]
    subprocess.run(words, check=True)
    done = subprocess.run(
        [sys.executable, HERE / "starved.py"], env=os.environ | {"LD_PRELOAD": str(shim)},
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.findall(r": (\d+) of a first run, (\d+) of one more", done.stdout)
    assert len(found) == 8
    assert all(int(first) > 5 and int(more) > 5 for first, more in found)
