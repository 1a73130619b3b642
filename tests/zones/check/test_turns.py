"""Checks take turns in a process: none is lost, and a new process starts free."""

from __future__ import annotations

import multiprocessing
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from zones import check_site
from zones.check.turns import TURNS

SITES = [{"text": f"{cm} cm left of T{level}"} for cm in (3, 5, 7) for level in (4, 8)]
NEEDLE = {"length_mm": 40, "depth_mm": 25}


def test_threads_answer_as_one_does() -> None:
    """Eight threads at once: the answers of one after another."""
    alone = [check_site(site, NEEDLE).as_dict() for site in SITES]
    with ThreadPoolExecutor(8) as pool:
        found = [*pool.map(lambda site: check_site(site, NEEDLE).as_dict(), SITES * 4)]
    assert found == alone * 4


@pytest.mark.skipif(TURNS.side_by_side, reason="here threads run side by side")
def test_one_thread_at_a_time_has_the_turn() -> None:
    """While one holds it another waits; its own thread is let through."""
    with ThreadPoolExecutor(1) as pool:
        with TURNS.turn():
            waiting = pool.submit(check_site, SITES[0], NEEDLE)
            with pytest.raises(TimeoutError):
                waiting.result(0.5)
            assert check_site(SITES[1], NEEDLE).findings
        assert waiting.result(30).findings


def _checked(answers: multiprocessing.SimpleQueue[str]) -> None:
    answers.put(check_site(SITES[0], NEEDLE).verdict.value)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.skipif(sys.platform == "win32", reason="processes are not forked there")
def test_a_process_made_during_a_check_is_free() -> None:
    """The thread that checks is not in the new process, so it must not wait for it."""
    forked = multiprocessing.get_context("fork")
    answers = forked.SimpleQueue()
    with ThreadPoolExecutor(1) as pool, TURNS.turn():
        process = forked.Process(target=_checked, args=(answers,))
        pool.submit(process.start).result()
        process.join(30)
        assert not process.is_alive()
    assert answers.get() == check_site(SITES[0], NEEDLE).verdict.value
