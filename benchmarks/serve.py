"""``needlemap serve``: how soon it is ready, its memory, and how it bears load.

Run ``PYTHONPATH=$PWD python benchmarks/serve.py`` from the checkout. ``--callers``
and ``--checks`` say how many callers ask how often; ``--workers N`` measures the WSGI
object in N workers of gunicorn, which share a file; ``--json FILE`` keeps the figures.
A tenth of the checks are asked first, so that memory can be held against it.
Times are of the wall clock, so a busy machine makes them longer; the processor time
until it is ready stands beside them.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
#: What is wanted: seconds until ready, megabytes then, milliseconds of most checks.
WANTED_S, WANTED_MB, WANTED_P95_MS = 2.0, 250.0, 100.0
#: Where callers needle: x and y of the back, mm, all on the skin.
ACROSS_MM, UP_MM = (-70.0, 70.0), (1120.0, 1320.0)


def main() -> int:
    """Start the service, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--callers", type=int, default=20)
    parser.add_argument("--checks", type=int, default=1000)
    parser.add_argument("--workers", type=int, help="of gunicorn")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    folder = tempfile.TemporaryDirectory(prefix="needlemap-serve-")
    begun = time.perf_counter()
    process = subprocess.Popen(
        _command(port, given.workers),
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "NEEDLEMAP_RATE": "0",
            **(
                {"NEEDLEMAP_DB": f"sqlite:///{folder.name}/shared.sqlite3"}
                if given.workers
                else {}
            ),
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        found = {"load_before": os.getloadavg()[0], "ready_s": _ready(port, begun)}
        found |= _use(process.pid, "ready")
        if given.checks:
            _load(port, given.callers, given.checks // 10)
            found |= _use(process.pid, "warm")
            found |= _load(port, given.callers, given.checks)
        found |= _use(process.pid, "after") | {"load_after": os.getloadavg()[0]}
    finally:
        process.terminate()
        process.wait(60)
        folder.cleanup()
    for name, value in found.items():
        print(f"{name:24} {value}")
    print(
        f"wanted: ready in {WANTED_S:g} s, {WANTED_MB:g} MB, 95 % of checks in "
        f"{WANTED_P95_MS:g} ms"
    )
    if given.json:
        given.json.write_text(json.dumps(found, indent=1))
    return 0


def _command(port: int, workers: int | None) -> list[str]:
    """Return what starts the service: alone, or in workers of gunicorn."""
    if not workers:
        return [sys.executable, "-m", "needlemap", "serve", "--port", str(port)]
    return [
        sys.executable, "-m", "gunicorn", "--preload", "--workers", str(workers),
        "--threads", "8", "--bind", f"127.0.0.1:{port}", "--no-control-socket",
        "viewer.service.wsgi:application",
    ]  # fmt: skip


def _ready(port: int, begun: float) -> float:
    """Return the seconds until ``/health/ready`` says yes."""
    while True:
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            link.request("GET", "/health/ready")
            if link.getresponse().status == 200:
                return round(time.perf_counter() - begun, 2)
        except OSError:
            time.sleep(0.02)
        finally:
            link.close()


def _use(pid: int, when: str) -> dict[str, float]:
    """Return memory and processor time of a process with its workers.

    Memory that they share counts once.
    """
    if not Path(f"/proc/{pid}/smaps_rollup").exists():
        return {}
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    kilobytes, ticks = 0, 0
    for one in [str(pid), *children]:
        rows = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
        kilobytes += next(int(r.split()[1]) for r in rows if r.startswith("Pss:"))
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return {
        f"{when}_mb": round(kilobytes / 1024, 1),
        f"{when}_processor_s": ticks / os.sysconf("SC_CLK_TCK"),
    }


def _load(port: int, callers: int, checks: int) -> dict[str, Any]:
    """Return how long checks take when many ask at once."""
    taken: list[float] = []
    errors: list[str] = []

    def ask(seed: int) -> None:
        calls = [*_calls(port, random.Random(seed), checks)]
        link = socket.create_connection(("127.0.0.1", port), timeout=120)
        for call in calls:
            begun = time.perf_counter()
            try:
                link.sendall(call)
                status = _answered(link)
                if status != b"200":
                    errors.append(status.decode())
            except OSError as error:
                errors.append(type(error).__name__)
                link.close()
                link = socket.create_connection(("127.0.0.1", port), timeout=120)
            taken.append(time.perf_counter() - begun)
        link.close()

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(callers)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - begun
    cuts = statistics.quantiles(taken, n=100)
    return {
        "callers": callers,
        "checks": len(taken),
        "errors": len(errors),
        "checks_per_s": round(len(taken) / seconds, 1),
        "median_ms": round(1000 * statistics.median(taken), 1),
        "p95_ms": round(1000 * cuts[94], 1),
        "p99_ms": round(1000 * cuts[98], 1),
    }


def _calls(port: int, chance: random.Random, count: int) -> Iterator[bytes]:
    """Yield whole calls, so that writing them takes no time of the callers."""
    for _ in range(count):
        site: dict[str, Any] = {"chart": "posterior"}
        site |= {"body": chance.choice(("male", "female"))}
        site |= {"x_mm": chance.uniform(*ACROSS_MM), "y_mm": chance.uniform(*UP_MM)}
        body = {"site": site, "needle": {"depth_mm": chance.uniform(5, 50)}}
        sent = json.dumps(body).encode()
        head = (
            f"POST /api/v1/check?sources=ids HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(sent)}\r\n\r\n"
        )
        yield head.encode() + sent


def _answered(link: socket.socket) -> bytes:
    """Read one answer to its end; return its status."""
    found = bytearray()
    while (end := found.find(b"\r\n\r\n")) < 0:
        if not (part := link.recv(65536)):
            raise ConnectionResetError("closed within the head of an answer")
        found += part
    length = re.search(rb"(?i)content-length: *(\d+)", found[:end])
    if length is None:
        raise ConnectionError("an answer does not say its length")
    left = end + 4 + int(length[1]) - len(found)
    while left > 0:
        if not (part := link.recv(65536)):
            raise ConnectionResetError("closed within an answer")
        left -= len(part)
    return bytes(found[9:12])


if __name__ == "__main__":
    raise SystemExit(main())
