"""Figures of the docs: load of body and zones, one check, map, command, memory.

Run ``python benchmarks/bench.py`` from the checkout; ``--json FILE`` keeps the figures.
Checks and maps are told in processor time, so that other work on the machine does not
count. Click to verdict in the browser is measured by the browser tests.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[1]

#: Each measure in a fresh process, so that nothing is loaded yet.
FRESH = {
    "body load": (
        "from anatomy.body import load_body",
        "body = load_body('male'); body.skin.tree; body.landmarks; body.charts",
    ),
    "compiled zones load": (
        (
            "from anatomy.body import load_body; import zones.fields.loading as f\n"
            "b = load_body('male'); b.skin.tree; b.landmarks; b.charts; b.skin.mirror"
        ),
        "f.body_fields('male')",
    ),
    "import zones": ("pass", "from zones import check_site"),
}
#: Both bodies, a check, a table and a map: what a process that answers has in memory.
RESIDENT = """
import re
from zones import check_site, check_sites
from zones.pictures.depth_map import depth_map
check_site({"text": "6 cm left of T4"}, {"depth_mm": 25})
check_sites({"text": ["6 cm left of T4"] * 1000}, {"depth_mm": 25.0})
depth_map("male"); depth_map("female")
with open("/proc/self/status") as file:
    print(re.search(r"VmRSS:\\s*(\\d+)", file.read())[1])
"""

COMMAND = ["check", "--text", "6 cm left of T4", "--depth", "25", "--sex", "female"]


def timed(setup: str, code: str) -> float:
    """Return the seconds that code takes in a fresh process."""
    program = (
        f"import time\n{setup}\nstart = time.perf_counter()\n{code}\n"
        "print(time.perf_counter() - start)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    return float(done.stdout.split()[-1])


def cold_start() -> float:
    """Return the seconds of ``needlemap check`` from nothing to its exit."""
    code = (
        "import sys; from viewer.command.main import main; sys.exit(main(sys.argv[1:]))"
    )
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", code, *COMMAND],
        check=True,
        capture_output=True,
        cwd=ROOT,
    )
    return time.perf_counter() - start


def resident_mb() -> float:
    """Return the memory of a process that has answered in every way, MB."""
    words = [sys.executable, "-c", RESIDENT]
    done = subprocess.run(words, check=True, capture_output=True, text=True, cwd=ROOT)
    return float(done.stdout.split()[-1]) / 1024.0


def maps(count: int = 15) -> list[float]:
    """Return the seconds of the map for patients that were not asked for before."""
    sys.path.insert(0, str(ROOT))
    from zones.patients.request import unremarkable
    from zones.pictures.depth_map import depth_map

    depth_map("female", {"sex": "female"})
    seconds = []
    for number in range(count):
        patient = unremarkable({"sex": "female", "age": 30.0 + number})
        start = time.process_time()
        depth_map("female", patient)
        seconds.append(time.process_time() - start)
    return seconds


def checks(count: int = 400) -> dict[str, list[float]]:
    """Return the seconds of single checks, by kind of request."""
    sys.path.insert(0, str(ROOT))
    import numpy as np

    from anatomy.body import load_body
    from zones import check_site
    from zones.patients.request import unremarkable

    rng = np.random.default_rng(1)
    vertices = load_body("female").skin.vertices
    places = vertices[rng.choice(len(vertices), size=count, replace=False)]
    xyz = [{"xyz_mm": place.tolist()} for place in places]
    tape = [
        {
            "landmark": f"T{int(rng.integers(1, 13))} spinous process",
            "lateral_mm": float(rng.integers(10, 90)),
            "side": "left",
        }
        for _ in range(count)
    ]
    woman = unremarkable({"sex": "female"})
    anybody = {k: v for k, v in woman.items() if k != "sex"}
    tilted = {"depth_mm": 20, "direction": {"tilt_deg": 40, "toward": "caudal"}}
    runs: dict[str, Callable[[int], Any]] = {
        "check, place on the skin": lambda i: check_site(
            xyz[i], {"depth_mm": 20}, woman
        ),
        "check, landmark and tape": lambda i: check_site(
            tape[i], {"depth_mm": 20}, woman
        ),
        "check, oblique": lambda i: check_site(tape[i], tilted, woman),
        "check, both bodies": lambda i: check_site(xyz[i], {"depth_mm": 20}, anybody),
        "check, nothing asked": lambda i: check_site(xyz[i], None, {"sex": "female"}),
    }
    found = {}
    for name, run in runs.items():
        run(0)
        seconds = []
        for i in range(count):
            start = time.process_time()
            try:
                run(i)
            except Exception as error:
                if "direction" not in str(error):
                    raise
            seconds.append(time.process_time() - start)
        found[name] = seconds
    found["check, all kinds together"] = [s for kind in found.values() for s in kind]
    return found


def measure() -> dict[str, dict[str, float]]:
    """Return median and 95th percentile of each figure, in milliseconds."""
    raw = {name: [timed(*code) for _ in range(5)] for name, code in FRESH.items()}
    raw["command cold start"] = [cold_start() for _ in range(5)]
    raw.update(checks())
    raw["map, changed patient"] = maps()
    figures = {}
    for name, seconds in raw.items():
        ordered = sorted(1000 * s for s in seconds)
        figures[name] = {
            "median_ms": round(statistics.median(ordered), 2),
            "p95_ms": round(
                ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))], 2
            ),
            "runs": len(ordered),
        }
    return figures


def main() -> None:
    """Print the figures as a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="also write the figures here")
    arguments = parser.parse_args()
    figures = measure()
    print(f"Python {platform.python_version()}, {platform.machine()}")
    print(f"{'figure':28} {'median ms':>10} {'p95 ms':>10} {'runs':>6}")
    for name, row in figures.items():
        print(
            f"{name:28} {row['median_ms']:10.2f} {row['p95_ms']:10.2f} "
            f"{row['runs']:6.0f}"
        )
    print(f"memory of a process that answers in every way: {resident_mb():.0f} MB")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
