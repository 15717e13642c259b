"""What the page ships of others is as locked, with its licence, and needs nobody else."""

import json
import re
import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "src/trilayer/lab/static"
VENDOR = STATIC / "vendor"
LOCK = json.loads((VENDOR / "vendor.lock.json").read_text())


def test_every_file_is_as_locked(monkeypatch):
    script = runpy.run_path(str(ROOT / "scripts/vendor_lab.py"))
    assert script["check"]() == []
    locked = {**LOCK, "files": {**LOCK["files"], "htm.js": {"sha256": "0" * 64}}}
    locked["files"].pop("uplot.css")
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: json.dumps(locked))
    assert script["check"]() == ["htm.js: not as locked", "uplot.css: not in the lock"]


def test_every_package_has_its_licence():
    for package, entry in LOCK["packages"].items():
        assert entry["license"] in {"MIT", "Apache-2.0"}
        name = package.replace("@", "").replace("/", "-")
        assert (VENDOR / f"licences/{name}.txt").stat().st_size > 500


def test_nothing_names_another_machine():
    asked = re.compile(r"""(?:from|import|src|href|url|fetch)\s*[=(]?\s*["'(]\s*(?:https?:)?//""")
    for path in STATIC.rglob("*"):
        if path.suffix in {".js", ".css", ".html"}:
            assert not asked.search(path.read_text()), path.name


def test_fonts_are_woff2_and_there():
    css = (VENDOR / "katex.css").read_text()
    wanted = set(re.findall(r"url\(([^)]+)\)", css))
    assert wanted == {f"fonts/{path.name}" for path in (VENDOR / "fonts").iterdir()}
    assert all(name.endswith(".woff2") for name in wanted)


def test_the_types_are_those_of_what_is_shipped():
    checks = json.loads((ROOT / "tests/lab/types/package.json").read_text())["devDependencies"]
    assert all(checks[name] == entry["version"] for name, entry in LOCK["packages"].items())
