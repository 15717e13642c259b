"""How fast a model is served, and whether its memory stays flat.

Trains a model of TABLE, starts `trilayer serve`, and sends it REQUESTS requests over CONNECTIONS
connections that stay open, from a process of its own: one row each, then a hundred. Beside the
requests a second and their latencies it prints what the server has resident after every tenth of
them. ``python bench/serve.py ../shared/data/adult.csv.gz income``
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa

from trilayer.tables import read_table

TENTHS = 10


def resident(pid: int) -> float:
    """Return what a process has resident, MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1e3


def request(rows: list[dict[str, object]]) -> bytes:
    """Write a request to /predict as bytes."""
    body = json.dumps(rows).encode()
    head = (
        "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def client(port: int, requests: list[bytes], took: list[float]) -> None:
    """Send requests over one connection, one after another."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for each in requests:
        began = time.perf_counter()
        writer.write(each)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(head.decode())
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        took.append(time.perf_counter() - began)
    writer.close()
    await writer.wait_closed()


async def load(port: int, requests: list[bytes], connections: int) -> list[float]:
    """Share requests out to connections; return how long each took, seconds."""
    took: list[float] = []
    shares = [requests[start::connections] for start in range(connections)]
    await asyncio.gather(*(client(port, share, took) for share in shares))
    return took


def measure(pid: int, port: int, made: list[bytes], rows: int, chosen: argparse.Namespace) -> None:
    """Print what one size of request costs."""
    count = max(TENTHS, chosen.requests // (1 if rows == 1 else 20))
    resident_after, took = [], []
    began = time.perf_counter()
    for _ in range(TENTHS):
        share = [made[place % len(made)] for place in range(count // TENTHS)]
        took += asyncio.run(load(port, share, chosen.connections))
        resident_after.append(resident(pid))
    seconds = time.perf_counter() - began
    p50, p99 = 1e3 * np.quantile(took, [0.5, 0.99])
    print(
        f"{rows:>4} rows a request: {len(took):,} requests, {len(took) / seconds:,.0f} a second "
        f"({rows * len(took) / seconds:,.0f} rows), p50 {p50:.2f} ms, p99 {p99:.2f} ms"
    )
    print("     resident, MB:", " ".join(f"{each:.1f}" for each in resident_after))


def main() -> None:
    """Train, serve, send, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path)
    parser.add_argument("target")
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--connections", type=int, default=16)
    chosen = parser.parse_args()
    table: pa.Table = read_table(chosen.table).drop_columns(chosen.target).slice(0, 2000)
    people = json.loads(json.dumps(table.to_pylist(), default=str))
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model.safetensors"
        train = [sys.executable, "-m", "trilayer", "train", chosen.table, "--target", chosen.target]
        subprocess.run([*map(str, train), "-o", model], check=True, capture_output=True)
        serve = [sys.executable, "-m", "trilayer", "serve", str(model), "--port", "0"]
        with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as server:
            try:
                assert server.stdout is not None
                port = int(server.stdout.readline().rpartition(":")[2])
                for rows in (1, 100):
                    parts = [people[at : at + rows] for at in range(0, len(people), rows)]
                    measure(server.pid, port, [request(part) for part in parts], rows, chosen)
            finally:
                server.terminate()


if __name__ == "__main__":
    main()
