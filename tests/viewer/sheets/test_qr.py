"""A QR code that can be read: its marks in the corners, its quiet edge."""

from __future__ import annotations

import re

from viewer.sheets.qr import qr_svg


def test_the_code_to_scan_has_its_marks_in_the_corners() -> None:
    """Dark rings of seven cells in three corners, and a quiet edge of four."""
    svg = qr_svg("http://192.0.2.7:8050/learn/join?code=K7QX4M")
    (box,) = re.findall(r'viewBox="([-\d ]+)"', svg)
    left, top, wide, high = (int(v) for v in box.split())
    assert (left, top, wide) == (-4, -4, high)
    size = wide - 8
    dark = {(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", svg)}
    for x, y in ((0, 0), (size - 7, 0), (0, size - 7)):
        assert all((x + n, y) in dark and (x, y + n) in dark for n in range(7))
        assert all((x + n, y + 1) not in dark for n in range(1, 6))
    assert qr_svg("other") != svg
