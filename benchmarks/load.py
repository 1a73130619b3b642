"""Many people at once: how long the page and the service take to answer under load.

Run ``python benchmarks/load.py`` from the checkout: it starts ``needlemap view`` on a
free port and lets 20 callers in at the same time. ``--json FILE`` keeps the figures.
Each kind of call is measured twice: everybody clicks every few seconds, as people do;
and everybody again as soon as the last answer came, which no group of people can.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import re
import socket
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
CALLERS = 20
#: Least and most seconds between two clicks of one person.
PAUSE_S = (1.0, 5.0)
WANTED_P95_MS = 500.0
#: Where people click: chart x and y in mm of the back, all on the skin.
ACROSS_MM, UP_MM = (-70.0, 70.0), (1120.0, 1320.0)
HEADERS = {"Content-Type": "application/json"}
#: What the page asks for after a click, in its order, and a word of each answer.
AFTER_A_CLICK = (
    ("shown", b"word-line"),
    ("section-picture", b"data:image"),
)


class Caller:
    """One person or program with a connection of its own."""

    def __init__(self, port: int, seed: int) -> None:
        self.port, self.random = port, random.Random(seed)
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def send(self, method: str, path: str, data: Any = None) -> bytes:
        """Return the body of an answer; raise when it is an error."""
        body = None if data is None else json.dumps(data)
        self.connection.request(method, path, body=body, headers=HEADERS)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status not in (200, 204):
            raise RuntimeError(f"{path}: {answer.status} {text[:200]!r}")
        return text

    def place(self) -> tuple[float, float]:
        """Return a place on the back."""
        return self.random.uniform(*ACROSS_MM), self.random.uniform(*UP_MM)

    def check(self) -> None:
        """Ask the service about a place."""
        x, y = self.place()
        site = {"chart": "posterior", "x_mm": x, "y_mm": y}
        needle = {"length_mm": 40, "depth_mm": self.random.randint(5, 40)}
        found = json.loads(
            self.send("POST", "/api/v1/check", {"site": site, "needle": needle})
        )
        if found["verdict"] not in (
            "NO_KNOWN_DANGER", "CAUTION", "NOT_ASSESSABLE", "DANGER", "STOP",
        ):  # fmt: skip
            raise RuntimeError("an answer without a verdict")

    def click(self, page: Page) -> float:
        """Ask for the verdict of a place, then for the rest; return when it was there.

        Returns
        -------
        float
            `time.perf_counter` when the verdict had come.
        """
        from viewer.state.page_state import FAILED

        needle = {"length_mm": 40.0, "depth_mm": float(self.random.randint(5, 40))}
        patient = {"sex": "female", "age": 31.0}
        site = self.random.choice(page.sites)
        values = {
            "site-store.data": site,
            "patient-store.data": patient,
            "depth.value": needle["depth_mm"],
            "length.value": needle["length_mm"],
            "asked-store.data": {"site": site, "needle": needle, "patient": patient},
        }
        verdict = 0.0
        for output, sign in AFTER_A_CLICK:
            call = page.call(output, values)
            found = self.send("POST", "/_dash-update-component", call)
            if sign not in found or FAILED.encode() in found:
                raise RuntimeError(f"no {output} on the page: {found[:200]!r}")
            verdict = verdict or time.perf_counter()
        return verdict


class Page:
    """The page's own callbacks, as the page itself describes them."""

    def __init__(self, port: int) -> None:
        caller = Caller(port, 0)
        self.callbacks = json.loads(caller.send("GET", "/_dash-dependencies"))
        layout = json.loads(caller.send("GET", "/_dash-layout"))
        self.values: dict[str, Any] = {}
        self.sites = [_site(caller) for _ in range(300)]
        stack = [layout]
        while stack:
            here = stack.pop()
            if isinstance(here, dict):
                props = here.get("props", {})
                if isinstance(props.get("id"), str):
                    self.values.update(
                        {f"{props['id']}.{name}": v for name, v in props.items()}
                    )
                stack += here.values()
            elif isinstance(here, list):
                stack += here

    def call(self, output: str, values: dict[str, Any]) -> dict[str, Any]:
        """Return the call that the page makes when the inputs of an output change."""
        (one,) = (
            c for c in self.callbacks if re.search(rf"(^|\.\.){output}\.", c["output"])
        )
        many = one["output"].startswith("..")
        parts = one["output"].strip(".").split("...")
        outputs = [
            dict(zip(("id", "property"), p.split("."), strict=True)) for p in parts
        ]

        def given(part: dict[str, str]) -> dict[str, Any]:
            key = f"{part['id']}.{part['property']}"
            value = values.get(key, self.values.get(key))
            return {"id": part["id"], "property": part["property"], "value": value}

        inputs = [given(part) for part in one["inputs"]]
        return {
            "output": one["output"],
            "outputs": outputs if many else outputs[0],
            "inputs": inputs,
            "state": [given(part) for part in one["state"]],
            "changedPropIds": [f"{inputs[0]['id']}.{inputs[0]['property']}"],
        }


def _site(caller: Caller) -> dict[str, Any]:
    """Return a site as the page keeps it after a click."""
    from viewer.state.page_state import clicked_request, place

    at = caller.place()
    return place("female", clicked_request("female", "posterior", *at))


def measured(port: int, what: str, *, each: int, pause: bool) -> dict[str, float]:
    """Return figures of all callers making ``each`` calls side by side, in ms."""
    page = Page(port)
    times: list[float] = []
    errors: list[str] = []
    lock = threading.Lock()
    start = threading.Barrier(CALLERS)

    def run(number: int) -> None:
        caller = Caller(port, number)
        start.wait()
        for _ in range(each):
            if pause:
                time.sleep(caller.random.uniform(*PAUSE_S))
            begin = time.perf_counter()
            try:
                if what == "card":
                    caller.click(page)
                    end = time.perf_counter()
                elif what == "verdict":
                    end = caller.click(page)
                else:
                    caller.check()
                    end = time.perf_counter()
            except Exception as error:
                with lock:
                    errors.append(str(error))
                continue
            with lock:
                times.append(1000 * (end - begin))

    callers = [threading.Thread(target=run, args=(n,)) for n in range(CALLERS)]
    begin = time.perf_counter()
    for one in callers:
        one.start()
    for one in callers:
        one.join()
    took = time.perf_counter() - begin
    for text in sorted(set(errors))[:3]:
        print("  error:", text, file=sys.stderr)
    cuts = statistics.quantiles(times, n=100) if len(times) > 1 else [float("nan")] * 99
    return {
        "calls": len(times),
        "errors": len(errors),
        "per_s": len(times) / took,
        "p50": cuts[49],
        "p95": cuts[94],
        "p99": cuts[98],
    }


def started() -> tuple[subprocess.Popen[str], int]:
    """Start the service on a free port; return it when it answers."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    command = [sys.executable, "-m", "viewer.command.main", "view", "--port", str(port)]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    if "open http" not in process.stdout.readline():
        raise SystemExit("the service did not start")
    return process, port


def main() -> None:
    """Measure and print the figures; status 1 when people had to wait or saw errors."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", type=Path, help="also write the figures here")
    parser.add_argument("--calls", type=int, default=15, help="of each caller")
    arguments = parser.parse_args()
    process, port = started()
    found: dict[str, dict[str, float]] = {}
    try:
        for what, name in (
            ("verdict", "page: verdict after a click"),
            ("card", "page: verdict, section, questions and card after a click"),
            ("check", "check"),
        ):
            for pause in (True, False):
                how = "20 people, 1-5 s apart" if pause else "20 callers without pause"
                figures = measured(port, what, each=arguments.calls, pause=pause)
                found[f"{name}, {how}"] = figures
                print(f"{name}, {how}:", end=" ")
                print(", ".join(f"{k} {v:.0f}" for k, v in figures.items()), flush=True)
    finally:
        process.terminate()
        process.wait(20)
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2) + "\n")
    people = [v for k, v in found.items() if "people" in k]
    if any(f["errors"] or f["p95"] >= WANTED_P95_MS for f in people):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
