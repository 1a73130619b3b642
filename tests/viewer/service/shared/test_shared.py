"""What processes agree on: the same in memory, in a file and in PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from viewer.record.storage.database import Database
from viewer.record.storage.place import database_url
from viewer.service.access.access import Access
from viewer.service.edge.rates import Rates
from viewer.service.entrance.leaflets import LeafletLinks
from viewer.service.protocol.errors import TooManyError, UnavailableError
from viewer.service.shared.attempts import Attempts
from viewer.service.shared.choice import shared_for
from viewer.service.shared.database import ENTRIES, SHARED_TABLES, InDatabase
from viewer.service.shared.sessions import SESSION_S, Sessions
from viewer.service.shared.store import Kind, Memory, Shared, Turn

ACCESS = Access(password="correct horse battery", class_password="learners")
Move = Callable[[float], None]


class Two:
    """Two processes that share, and the clock of what they share."""

    def __init__(self, one: Shared, other: Shared, move: Move) -> None:
        self.one, self.other, self.move = one, other, move


@pytest.fixture(
    params=["memory", "file", pytest.param("postgres", marks=pytest.mark.slow)]
)
def two(request: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Two]:
    """Each kind of store; in memory both are the same process."""
    now = [1000.0]

    def move(seconds: float) -> None:
        now[0] += seconds

    if request.param == "memory":
        kept = Memory(clock=lambda: now[0])
        yield Two(kept, kept, move)
        return
    file = f"sqlite:///{tmp_path}/records.sqlite3"
    postgres = request.param == "postgres"
    url = database_url(request.getfixturevalue("postgres") if postgres else file)
    start = datetime.now(UTC)

    def clock(_: Database) -> datetime:
        return start + timedelta(seconds=now[0])

    monkeypatch.setattr(Database, "now", clock)
    one, other = InDatabase(url), InDatabase(url)
    yield Two(one, other, move)
    with one._database.begin(write=True) as link:
        SHARED_TABLES.meta.drop_all(link)
    one.close()
    other.close()


def test_waits_double_and_are_forgotten(two: Two) -> None:
    """However the tries are spread over processes."""
    one, other = (
        Attempts(shared, free=2, longest_s=8) for shared in (two.one, two.other)
    )

    def fail(attempts: Attempts = one) -> float:
        return attempts.try_one("a", right=False)

    assert [fail(), fail(other), fail()] == [0, 0, 0]
    assert fail(other) == pytest.approx(1)
    two.move(1.0)
    assert fail() == 0
    assert fail(other) == pytest.approx(2)
    assert other.try_one("a", right=True) == pytest.approx(2)
    assert other.try_one("b", right=True) == 0
    two.move(2.0)
    assert other.try_one("a", right=True) == 0
    assert [fail(), fail(), fail()] == [0, 0, 0]
    two.move(100.0)
    assert [fail(), fail()] == [0, 0]


def test_a_log_in_holds_everywhere_and_ends_everywhere(two: Two) -> None:
    one, other = Sessions(ACCESS, two.one), Sessions(ACCESS, two.other)
    name, learner = one.begin("full"), one.begin("class")
    assert (other.role(name), other.role(learner)) == ("full", "class")
    other.end(learner)
    assert one.role(learner) is None
    two.move(SESSION_S - 1)
    assert other.role(name) == "full"
    two.move(2)
    assert other.role(name) is None
    for wrong in (None, "", "x", "\udcff", name[:-1]):
        assert one.role(wrong) is None


def test_another_password_ends_the_log_ins_of_the_old_one(two: Two) -> None:
    before = Sessions(ACCESS, two.one)
    name, learner = before.begin("full"), before.begin("class")
    changed = Access(password="another horse battery", class_password="learners")
    after = Sessions(changed, two.other)
    assert after.role(name) is None
    assert after.role(learner) == "class"
    assert Sessions(ACCESS, two.other).role(name) == "full"


def test_a_rate_counts_over_all(two: Two) -> None:
    one, other = Rates(60, two.one), Rates(60, two.other)
    for _ in range(30):
        assert (one.take("a"), other.take("a")) == (0.0, 0.0)
    assert one.take("a") == pytest.approx(1.0)
    assert other.take("b") == 0.0
    two.move(1.0)
    assert other.take("a") == 0.0
    assert one.take("a") > 0
    one.take("a", 60, force=True)
    two.move(59.0)
    assert other.take("a") > 0
    # a clock that is set back neither gives calls away nor shuts anybody out for long
    two.move(-3600.0)
    assert other.take("a") > 0
    two.move(62.0)
    assert other.take("a") == 0.0


def test_a_leaflet_opens_everywhere_and_is_withdrawn_everywhere(two: Two) -> None:
    one, other = LeafletLinks(two.one), LeafletLinks(two.other)
    first = one.make("record-a", b"%PDF-1", "http://192.0.2.7")
    assert other.opened(first.token) == ("record-a", b"%PDF-1")
    assert other.of("record-a") == first
    second = other.make("record-a", b"%PDF-2", "http://192.0.2.7")
    assert one.opened(first.token) is None
    assert one.opened(second.token) == ("record-a", b"%PDF-2")
    one.withdraw("record-a")
    assert other.opened(second.token) is None and other.of("record-a") is None


def test_there_is_room_for_so_many(two: Two) -> None:
    few, kept = Kind("few", most=3), Kind("kept", most=3, evicted=False)
    for n in range(4):
        two.one.put(few, str(n), n, lasts_s=60 + n)
    assert [two.other.read(few, str(n)) for n in range(4)] == [None, 1, 2, 3]
    for n in range(3):
        two.one.put(kept, str(n), n, lasts_s=60)
    with pytest.raises(TooManyError):
        two.other.put(kept, "3", 3, lasts_s=60)
    two.one.put(kept, "2", "changed", lasts_s=60)
    two.move(61)
    two.other.put(kept, "3", 3, lasts_s=60)
    assert two.one.read(kept, "3") == 3


def test_what_has_ended_is_taken_out_by_the_next_of_any_kind(two: Two) -> None:
    """A leaflet is about a patient: nothing of it stays behind."""
    LeafletLinks(two.one).make("record-a", b"%PDF-1", "http://192.0.2.7")
    two.move(3601)
    Sessions(ACCESS, two.other).begin("full")
    if isinstance(two.one, InDatabase):
        with two.one._database.begin(write=False) as link:
            kinds = link.execute(ENTRIES.select()).scalars().all()
        assert kinds == ["session"]


def test_one_of_many_at_once_is_first(two: Two) -> None:
    """As for a token that is used: exactly one call finds it new."""
    kind, found = Kind("token", most=10), []
    start = threading.Barrier(8)

    def use(shared: Shared) -> None:
        start.wait()
        turn: Any = lambda seen, _: Turn(bool(seen), True, 60.0)  # noqa: E731
        found.append(shared.change(kind, "jti", turn))

    threads = [
        threading.Thread(target=use, args=(shared,))
        for shared in (two.one, two.other) * 4
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [False] + [True] * 7


def test_what_cannot_be_looked_up_lets_nobody_in(tmp_path: Path) -> None:
    gone = InDatabase(database_url(f"postgresql://nurse:secret@/x?host={tmp_path}"))
    calls: list[Callable[[], object]] = [
        lambda: Sessions(ACCESS, gone).role("name"),
        lambda: Attempts(gone).try_one("a", right=True),
        lambda: Attempts(gone).try_one("a", right=False),
        lambda: Rates(60, gone).take("a"),
        lambda: LeafletLinks(gone).opened("token"),
        gone.check,
    ]
    for call in calls:
        with pytest.raises(UnavailableError, match="Try again") as told:
            call()
        assert "secret" not in str(told.value) and str(tmp_path) not in str(told.value)


def test_neither_names_nor_addresses_can_be_read_in_the_database(
    tmp_path: Path,
) -> None:
    shared = InDatabase(database_url(f"sqlite:///{tmp_path}/records.sqlite3"))
    name = Sessions(ACCESS, shared).begin("full")
    Attempts(shared).try_one("form 192.0.2.77", right=False)
    with shared._database.begin(write=False) as link:
        rows = str(link.execute(ENTRIES.select()).all())
    shared.close()
    assert "full" in rows
    for file in tmp_path.iterdir():
        kept = file.read_bytes()
        for word in (name, "192.0.2.77", str(ACCESS.password)):
            assert word.encode() not in kept, file.name


def test_the_clock_of_this_process_does_not_count_with_a_server(
    postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that is an hour behind keeps no session open for longer."""
    shared = InDatabase(database_url(postgres))
    true = datetime.now(UTC).timestamp()

    class Behind(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.now(tz) - timedelta(hours=1)

    monkeypatch.setattr("viewer.record.storage.database.datetime", Behind)
    monkeypatch.setattr("time.time", lambda: true - 3600)
    assert abs(shared.now() - true) < 60
    kind = Kind("short", most=3)
    shared.put(kind, "a", 1, lasts_s=0.2)
    assert shared.read(kind, "a") == 1
    threading.Event().wait(0.25)
    assert shared.read(kind, "a") is None
    shared.close()


def test_memory_is_for_one_process_without_a_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NEEDLEMAP_DB", raising=False)
    assert isinstance(shared_for(None), Memory)
    assert isinstance(shared_for(None, alone=False), InDatabase)
    monkeypatch.setenv("NEEDLEMAP_DB", f"sqlite:///{tmp_path}/records.sqlite3")
    assert isinstance(shared_for(None), InDatabase)
