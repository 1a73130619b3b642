"""Whole answers to random requests, written before a move and compared after it.

Run ``python -m tests.zones.answers FILE`` from the checkout before the change, and
``python -m tests.zones.answers FILE --against OLDER`` after: it prints which requests
are answered otherwise, and ends with 1 when any is.
"""

from __future__ import annotations

import argparse
import json
import sys
from itertools import islice
from pathlib import Path
from typing import Any

from anatomy.errors import NeedlemapError
from tests.zones.agreement import NEEDLE, random_rows, site_columns
from zones import check_request


def as_request(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row of a table as a request of the contract."""
    place, needle = set(site_columns()), set(NEEDLE)
    site = {n: v for n, v in row.items() if n in place}
    corner = [site.pop(f"xyz_{axis}_mm", None) for axis in "xyz"]
    if None not in corner:
        site["xyz_mm"] = [float(v) for v in corner]
    held = {n: v for n, v in row.items() if n in needle}
    vector = [held.pop(f"vector_{axis}", None) for axis in "xyz"]
    if "tilt_deg" in held or "toward" in held:
        names = [name for name in ("tilt_deg", "toward") if name in held]
        held["direction"] = {name: held.pop(name) for name in names}
    elif None not in vector:
        held["direction"] = {"vector": vector}
    rest = {n: v for n, v in row.items() if n not in place | needle}
    return {"site": site, "needle": held, "patient": rest}


def answered(request: dict[str, Any]) -> str:
    """Return the whole answer, or the error, as one line of JSON."""
    try:
        answer = check_request(request).as_dict()
        # says which data, not what they answer
        answer.pop("data_version")
    except NeedlemapError as error:
        answer = error.as_dict()
    return json.dumps(answer, ensure_ascii=False, sort_keys=True)


def main() -> int:
    """Write the answers, and compare them where older ones are given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--against", type=Path)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=23)
    told = parser.parse_args()
    requests = [as_request(row) for row in random_rows(told.rows, told.seed)]
    with told.file.open("w", encoding="utf-8") as out:
        for request in requests:
            out.write(answered(request) + "\n")
    if told.against is None:
        return 0
    with told.file.open() as new, told.against.open() as old:
        pairs = enumerate(zip(old, new, strict=True))
        differ = ((i, *pair) for i, pair in pairs if pair[0] != pair[1])
        found = list(islice(differ, 20))
    for i, before, after in found:
        print(json.dumps(requests[i]))
        one, two = json.loads(before), json.loads(after)
        for name in sorted(one.keys() | two.keys()):
            if one.get(name) != two.get(name):
                print(f"  {name}: {one.get(name)!r}, now {two.get(name)!r}"[:400])
    print("all the same" if not found else f"{len(found)} or more differ")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
