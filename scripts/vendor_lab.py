"""Check, or refresh from npm, the libraries that the lab's page ships.

Without arguments: fail unless every file of ``lab/static/vendor`` is as ``vendor.lock.json`` says
and nothing else lies there. ``--refresh [PACKAGE@VERSION …]`` fetches the locked versions (or
those given) with ``npm pack``, checks npm's own integrity hash, and writes the files and the lock.

Files are changed in two ways only, so that a browser can load them without a build step: bare
imports become relative ones, and what we do not ship (source maps, woff, ttf) is not mentioned.
"""

import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

VENDOR = Path(__file__).resolve().parent.parent / "src/trilayer/lab/static/vendor"
LOCK = VENDOR / "vendor.lock.json"

PACKAGES: dict[str, dict[str, str]] = {
    "preact": {"dist/preact.mjs": "preact.js", "hooks/dist/hooks.mjs": "preact-hooks.js"},
    "@preact/signals-core": {"dist/signals-core.mjs": "signals-core.js"},
    "@preact/signals": {"dist/signals.mjs": "signals.js"},
    "htm": {"dist/htm.module.js": "htm.js"},
    "katex": {
        "dist/katex.mjs": "katex.js",
        "dist/katex.min.css": "katex.css",
        "dist/fonts/*.woff2": "fonts/",
    },
    "uplot": {"dist/uPlot.esm.js": "uplot.js", "dist/uPlot.min.css": "uplot.css"},
}
"""What is taken from each package, and under which name it is shipped."""

IMPORTS = {
    "preact": "./preact.js",
    "preact/hooks": "./preact-hooks.js",
    "@preact/signals-core": "./signals-core.js",
}


def sha256(data: bytes) -> str:
    """Return the hash that the lock holds."""
    return hashlib.sha256(data).hexdigest()


def adapted(name: str, data: bytes) -> bytes:
    """Return a file as it is shipped."""
    if name.endswith(".woff2") or name.startswith("licences/"):
        return data
    text = re.sub(r"\n?(//|/\*)# sourceMappingURL=[^\n]*", "", data.decode())
    if name.endswith(".css"):
        text = re.sub(r',url\([^)]*\.(?:woff|ttf)\) ?format\("[a-z]+"\)', "", text)
        if re.search(r"\.(woff|ttf)\b", text):
            raise SystemExit(f"{name}: a font that is no woff2 is left")
    for bare, relative in IMPORTS.items():
        text = text.replace(f'from"{bare}"', f'from"{relative}"')
    if name.endswith(".js") and (bare := re.search(r'^(?:im|ex)port[^;]*from\s*"[^.]', text, re.M)):
        raise SystemExit(f"{name}: a browser cannot resolve {bare[0]!r}")
    return text.encode()


def fetch(spec: str, folder: Path) -> tuple[dict[str, str], tarfile.TarFile]:
    """Fetch one package with npm and check its integrity; return its lock entry and files."""
    npm = shutil.which("npm") or sys.exit("npm is needed to refresh the vendored files")
    view = [npm, "view", spec, "name", "version", "license", "dist.integrity", "--json"]
    told = json.loads(subprocess.run(view, check=True, capture_output=True).stdout)
    exact = f"{told['name']}@{told['version']}"
    pack = [npm, "pack", "--silent", exact]
    printed = subprocess.run(pack, check=True, capture_output=True, text=True, cwd=folder).stdout
    tarball = folder / printed.strip()
    algorithm, _, expected = told["dist.integrity"].partition("-")
    found = base64.b64encode(hashlib.new(algorithm, tarball.read_bytes()).digest()).decode()
    if found != expected:
        raise SystemExit(f"{exact}: the tarball is not what npm promises")
    entry = {k: told[k] for k in ("version", "license")} | {"integrity": told["dist.integrity"]}
    return entry, tarfile.open(tarball)


def taken(package: str, tarball: tarfile.TarFile) -> dict[str, tuple[str, bytes]]:
    """Return shipped name → (path in the package, bytes) of what is taken from a package."""
    licence = f"licences/{package.replace('@', '').replace('/', '-')}.txt"
    found = {}
    for pattern, to in {**PACKAGES[package], "LICENSE": licence}.items():
        rule = re.compile("package/" + re.escape(pattern).replace(r"\*", "[^/]*"))
        for member in tarball.getmembers():
            if rule.fullmatch(member.name) and (stream := tarball.extractfile(member)):
                name = to + Path(member.name).name if to.endswith("/") else to
                found[name] = (member.name.removeprefix("package/"), stream.read())
    return found


def refresh(wanted: list[str]) -> None:
    """Write all vendored files and the lock anew."""
    lock = json.loads(LOCK.read_text()) if LOCK.exists() else {"packages": {}}
    specs = {name: f"{name}@{entry['version']}" for name, entry in lock["packages"].items()}
    specs |= {spec.rpartition("@")[0]: spec for spec in wanted}
    packages, files, shipped = {}, {}, {}
    with tempfile.TemporaryDirectory() as folder:
        for package in PACKAGES:
            entry, tarball = fetch(specs.get(package, package), Path(folder))
            packages[package] = entry
            for name, (path, data) in taken(package, tarball).items():
                shipped[name] = adapted(name, data)
                files[name] = {
                    "package": package,
                    "path": path,
                    "upstream_sha256": sha256(data),
                    "sha256": sha256(shipped[name]),
                }
    shutil.rmtree(VENDOR, ignore_errors=True)
    for name, data in shipped.items():
        (VENDOR / name).parent.mkdir(parents=True, exist_ok=True)
        (VENDOR / name).write_bytes(data)
    LOCK.write_text(json.dumps({"packages": packages, "files": files}, indent=1) + "\n")


def check() -> list[str]:
    """Return what differs from the lock, a line each."""
    locked = json.loads(LOCK.read_text())["files"]
    there = {p.relative_to(VENDOR).as_posix(): p for p in VENDOR.rglob("*") if p.is_file()}
    there.pop(LOCK.name)
    wrong = [f"{name}: not in the lock" for name in there.keys() - locked]
    wrong += [f"{name}: missing" for name in locked.keys() - there]
    for name in there.keys() & locked:
        if sha256(there[name].read_bytes()) != locked[name]["sha256"]:
            wrong.append(f"{name}: not as locked")
    return sorted(wrong)


def main(arguments: list[str]) -> int:
    """Refresh if asked, then check; return 1 if anything is wrong."""
    if arguments[:1] == ["--refresh"]:
        refresh(arguments[1:])
    wrong = check()
    print(
        "\n".join(wrong)
        or f"{VENDOR.name}: {len(json.loads(LOCK.read_text())['files'])} files as locked"
    )
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
