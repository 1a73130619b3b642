"""A class of sixty: how long an answer takes, and that none is lost or counted twice.

Run ``python benchmarks/class.py`` from the checkout: it starts ``needlemap view`` on a
free port with a fresh SQLite file, makes a course of 20 exercises of all kinds, and
lets 60 learners take it over HTTP: first as people do, then all at the same instant.
Some answers are sent twice, some lines drop. Then the file is read and compared with
what was sent. ``--json FILE`` keeps the figures.
"""

from __future__ import annotations

import argparse
import http.client
import json
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

LEARNERS, WANTED_P95_MS = 60, 500.0
#: Least and most seconds between two answers of one learner.
PAUSE_S = (2.0, 8.0)
COURSE = """\
title: A class of sixty
items:
- {kind: place_it, seed: 1, count: 4}
- {kind: would_you, seed: 1, count: 4}
- {kind: make_acceptable, seed: 1, count: 4}
- {kind: ask_right, seed: 1, count: 4}
- {kind: what_went_wrong, seed: 1, count: 4}
"""


def started(file: Path) -> tuple[subprocess.Popen[str], int]:
    """Start the service on a free port; return it when it answers."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    command = [sys.executable, "-m", "viewer.command.main", "view"]
    command += ["--port", str(port), "--db", f"sqlite:///{file}"]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    if "open http" not in process.stdout.readline():
        raise SystemExit("the service did not start")
    return process, port


def made(port: int) -> dict[str, Any]:
    """Make the course as the trainer's page does; return what is told of it."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    body = json.dumps({"text": COURSE})
    headers = {"Content-Type": "application/json"}
    line.request("POST", "/learn/teach/save", body=body, headers=headers)
    found = line.getresponse().read().decode().splitlines()
    line.close()
    told: dict[str, Any] = json.loads(found[-1])
    if "code" not in told:
        raise SystemExit(f"no course: {told}")
    return told


def kept(file: Path, course_id: int) -> list[tuple[str, int, float]]:
    """Return learner, place and score of every answer in the file itself."""
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as link:
        return link.execute(
            "select e.name, a.place, a.score from course_answers a "
            "join course_enrolments e on e.id = a.enrolment_id where e.course_id = ?",
            (course_id,),
        ).fetchall()


def figures(times: list[float]) -> dict[str, float]:
    """Return median, 95th percentile and the longest, ms."""
    cuts = statistics.quantiles(times, n=100)
    return {"p50": statistics.median(times), "p95": cuts[94], "max": max(times)}


def main() -> None:
    """Measure and print; status 1 when it was slow, or an answer lost or doubled."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", type=Path, help="also write the figures here")
    parser.add_argument("--learners", type=int, default=LEARNERS)
    arguments = parser.parse_args()
    from tests.viewer.learn.classroom import differences, run
    from zones.teaching.courses.course import check_course

    items = [row.item for row in check_course(COURSE)[1]]
    # every tenth wishes the name of the one before
    names = [
        f"Learner {n - 1 if n % 10 == 9 else n}" for n in range(arguments.learners)
    ]
    found: dict[str, Any] = {}
    good = True
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "class.sqlite3"
        process, port = started(file)
        try:
            for how, pause in (
                (f"{PAUSE_S[0]:g}-{PAUSE_S[1]:g} s apart", PAUSE_S),
                ("all at the same instant", None),
            ):
                course = made(port)
                seen = run(port, course["code"], items, names, pause_s=pause)
                rows = kept(file, course["id"])
                wrong = [*seen.errors, *differences(rows, items, seen)]
                whole = len(names) * len(items)
                if len(rows) != whole:
                    wrong.append(f"{len(rows)} answers are kept, not {whole}")
                answers, pages = figures(seen.answers), figures(seen.pages)
                good &= not wrong and answers["p95"] < WANTED_P95_MS
                found[how] = {
                    "learners": len(names),
                    "kept": len(rows),
                    "names_taken": len(seen.taken),
                    "answer_ms": answers,
                    "page_ms": pages,
                    "wrong": wrong,
                }
                print(f"{len(names)} learners, {how}: {len(rows)} answers kept")
                for what, some in (("an answer", answers), ("an exercise", pages)):
                    words = ", ".join(f"{k} {v:.0f}" for k, v in some.items())
                    print(f"  ms for {what}: {words}")
                print(f"  names taken and told: {len(seen.taken)}")
                for line in wrong[:5] or ["none lost, none doubled, every score right"]:
                    print(f"  {line}", flush=True)
        finally:
            process.terminate()
            process.wait(20)
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2) + "\n")
    if not good:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
