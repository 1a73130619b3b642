"""A class that takes a course over HTTP as phones do; lines drop, answers repeat."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

from anatomy.errors import NeedlemapError
from tests.viewer.learn.conftest import right, wrong
from zones.teaching.answers import answer
from zones.teaching.items import Item

PATIENCE_S = 60.0
#: Shares of the answers that are sent twice, twice with another content, and whose
#: line drops before the server has answered.
TWICE, OTHERWISE, DROPPED = 0.10, 0.05, 0.10


@dataclass
class Seen:
    """What a class saw.

    ``answers`` and ``pages`` hold milliseconds; ``counted`` the response that must
    count, by learner and place; ``taken`` the names that were taken already.
    """

    answers: list[float] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)
    counted: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    taken: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


def responses(items: Sequence[Item]) -> list[list[dict[str, Any]]]:
    """Return responses to each exercise that can be sent: right ones and wrong ones."""
    found = []
    for item in items:
        own = [right(item)]
        for make in (wrong, _aside):
            response = make(item)
            try:
                answer(item, response)
            except NeedlemapError:
                continue  # beside the body
            own.append(response)
        found.append(own)
    return found


def _aside(item: Item) -> dict[str, Any]:
    """Return a response that is a little off, for a needle that is placed."""
    if item.target is None:
        return wrong(item)
    response = right(item)
    response["site"]["y_mm"] += 1.2 * item.target.spread_mm
    return response


class Phone:
    """A learner's phone, with cookies of its own and a connection that may drop."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}
        self.line: http.client.HTTPConnection | None = None

    def send(
        self,
        method: str,
        path: str,
        body: str | None = None,
        kind: str = "application/json",
        *,
        drop: bool = False,
    ) -> tuple[int, str, str]:
        """Return status, text and address to go to; nothing when the line drops."""
        if self.line is None:
            self.line = http.client.HTTPConnection(
                "127.0.0.1", self.port, timeout=PATIENCE_S
            )
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = kind
        try:
            self.line.request(method, path, body=body, headers=headers)
            if drop:
                self.close()
                return 0, "", ""
            found = self.line.getresponse()
            text = found.read().decode()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        for line in found.msg.get_all("Set-Cookie") or []:
            self.cookies.update({k: m.value for k, m in SimpleCookie(line).items()})
        return found.status, text, found.getheader("Location") or ""

    def close(self) -> None:
        """Lose the connection."""
        if self.line is not None:
            self.line.close()
        self.line = None


def join(phone: Phone, code: str, name: str, seen: Seen) -> str:
    """Join a course; take another name when the wished one is taken."""
    while True:
        form = urlencode({"code": code, "name": name})
        status, text, _ = phone.send(
            "POST", "/learn/join", form, "application/x-www-form-urlencoded"
        )
        if status == 409 and "called" in text:
            with seen.lock:
                seen.taken.append(name)
            name = f"{name} the other"
            continue
        if status not in (200, 302, 303):
            raise RuntimeError(f"joining: {status} {text[:300]}")
        return name


def take(
    phone: Phone,
    code: str,
    name: str,
    choices: Sequence[Sequence[dict[str, Any]]],
    seen: Seen,
    before: Callable[[str], None],
) -> None:
    """Take a course from the first exercise to the last.

    Parameters
    ----------
    phone, code, name
        Whose, which.
    choices : sequence
        From `responses`.
    seen : Seen
        Where times and what must count are written.
    before : callable
        Called with "exercise" or "answer" before each: a pause, or waiting for all
        others.
    """
    dice = random.Random(name)
    path = f"/learn/course/{code}/answer"
    for place, own in enumerate(choices):
        before("exercise")
        begin = time.perf_counter()
        status, text, _ = phone.send("GET", f"/learn/course/{code}?n={place + 1}")
        if status != 200:
            raise RuntimeError(f"exercise {place + 1}: {status} {text[:300]}")
        page_ms = 1000 * (time.perf_counter() - begin)
        before("answer")
        response = own[0] if dice.random() < 0.6 else dice.choice(own)
        with seen.lock:
            seen.pages.append(page_ms)
            seen.counted[name, place] = response
        body = json.dumps({"place": place, "response": response})
        if dice.random() < DROPPED:
            phone.send("POST", path, body, drop=True)
        begin = time.perf_counter()
        status, text, _ = phone.send("POST", path, body)
        answer_ms = 1000 * (time.perf_counter() - begin)
        if status != 200:
            raise RuntimeError(f"answer {place + 1}: {status} {text[:300]}")
        with seen.lock:
            seen.answers.append(answer_ms)
        throw = dice.random()
        if throw < TWICE:
            again = body
        elif throw < TWICE + OTHERWISE:
            again = json.dumps({"place": place, "response": dice.choice(own)})
        else:
            continue
        status, text, _ = phone.send("POST", path, again)
        if status != 200 or not json.loads(text)["repeated"]:
            raise RuntimeError(f"sent twice: {status} {text[:300]}")


def run(
    port: int,
    code: str,
    items: Sequence[Item],
    names: Sequence[str],
    *,
    pause_s: tuple[float, float] | None = None,
) -> Seen:
    """Let a class take a course, all side by side.

    Parameters
    ----------
    port, code
        Of the service and the course.
    items : sequence of Item
        Its exercises in their order.
    names : sequence of str
        The names that the learners wish.
    pause_s : tuple of float, optional
        Least and most seconds between two answers of a learner; without it everybody
        waits for everybody: all ask for an exercise at the same instant, then all
        answer at the same instant.
    """
    seen, choices = Seen(), responses(items)
    barrier = threading.Barrier(len(names))

    def learner(number: int) -> None:
        phone, dice = Phone(port), random.Random(number)

        def before(what: str) -> None:
            if pause_s is None:
                barrier.wait(PATIENCE_S)
            elif what == "answer":
                time.sleep(dice.uniform(*pause_s))

        try:
            name = join(phone, code, names[number], seen)
            take(phone, code, name, choices, seen, before)
        except Exception as error:
            with seen.lock:
                seen.errors.append(f"{names[number]}: {error!r}")
            barrier.abort()
        finally:
            phone.close()

    learners = [threading.Thread(target=learner, args=(n,)) for n in range(len(names))]
    for one in learners:
        one.start()
    for one in learners:
        one.join()
    return seen


def differences(
    rows: Sequence[tuple[str, int, float]], items: Sequence[Item], seen: Seen
) -> list[str]:
    """Return how kept answers differ from those that were sent; empty when in nothing.

    Parameters
    ----------
    rows : sequence of tuple
        Learner, place and score of every answer that is kept.
    items : sequence of Item
        The exercises.
    seen : Seen
        What was sent; the score is what `zones.teaching.answer` says of it.
    """
    found = []
    keys = [(name, place) for name, place, _ in rows]
    doubled = len(keys) - len(set(keys))
    if doubled:
        found.append(f"{doubled} answers are kept twice")
    lost = seen.counted.keys() - set(keys)
    if lost:
        found.append(f"{len(lost)} answers are lost, such as {min(lost)}")
    strange = set(keys) - seen.counted.keys()
    if strange:
        found.append(f"{len(strange)} answers were never sent, such as {min(strange)}")
    scores: dict[tuple[int, str], float] = {}
    for name, place, score in rows:
        response = seen.counted.get((name, place))
        if response is None:
            continue
        key = (place, json.dumps(response, sort_keys=True))
        if key not in scores:
            scores[key] = answer(items[place], response).score
        if abs(scores[key] - score) > 1e-9:
            found.append(f"{name}, place {place}: {score} kept, not {scores[key]}")
    return found
