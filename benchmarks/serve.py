"""``needlemap serve``: how soon it is ready, its memory, and how it bears load.

Run ``PYTHONPATH=$PWD python benchmarks/serve.py`` from the checkout. ``--callers``
and ``--checks`` say how many callers ask how often; ``--json FILE`` keeps the figures.
Times are of the wall clock, so a busy machine makes them longer; the processor time
until it is ready stands beside them.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
#: What is wanted: seconds until ready, megabytes then.
WANTED_S, WANTED_MB = 2.0, 250.0
HEADERS = {"Content-Type": "application/json"}
#: Where callers needle: x and y of the back, mm, all on the skin.
ACROSS_MM, UP_MM = (-70.0, 70.0), (1120.0, 1320.0)


def main() -> int:
    """Start the service, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--callers", type=int, default=20)
    parser.add_argument("--checks", type=int, default=1000)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "needlemap", "serve", "--port", str(port)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        found = {"ready_s": _ready(port, begun), **_use(process.pid, "ready")}
        found |= _load(port, given.callers, given.checks) if given.checks else {}
        found |= _use(process.pid, "after")
    finally:
        process.terminate()
        process.wait(30)
    for name, value in found.items():
        print(f"{name:24} {value}")
    print(f"wanted: ready in {WANTED_S:g} s, {WANTED_MB:g} MB")
    if given.json:
        given.json.write_text(json.dumps(found, indent=1))
    return 0


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
    """Return memory and processor time of a process, where the system tells them."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return {}
    rows = dict(line.split(":", 1) for line in status.read_text().splitlines())
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    return {
        f"{when}_mb": round(int(rows["VmRSS"].split()[0]) / 1024, 1),
        f"{when}_peak_mb": round(int(rows["VmHWM"].split()[0]) / 1024, 1),
        f"{when}_processor_s": ticks / os.sysconf("SC_CLK_TCK"),
    }


def _load(port: int, callers: int, checks: int) -> dict[str, Any]:
    """Return how long checks take when many ask at once."""
    taken: list[float] = []
    errors: list[str] = []

    def ask(seed: int) -> None:
        chance = random.Random(seed)
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        for _ in range(checks):
            site = {"chart": "posterior", "body": chance.choice(("male", "female"))}
            site |= {
                "x_mm": chance.uniform(*ACROSS_MM),
                "y_mm": chance.uniform(*UP_MM),
            }
            body = {"site": site, "needle": {"depth_mm": chance.uniform(5, 50)}}
            begun = time.perf_counter()
            try:
                link.request(
                    "POST", "/api/v1/check?sources=ids", json.dumps(body), HEADERS
                )
                answer = link.getresponse()
                answer.read()
                if answer.status != 200:
                    errors.append(str(answer.status))
            except OSError as error:
                errors.append(type(error).__name__)
                link.close()
            taken.append(time.perf_counter() - begun)

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


if __name__ == "__main__":
    raise SystemExit(main())
