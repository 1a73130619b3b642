"""A policy for tests that refuses later than the shipped one."""

from __future__ import annotations

from pathlib import Path

from zones.risk.policy import shipped_policy


def looser_policy(folder: Path) -> Path:
    """Return a policy that refuses critical harm from a risk of 0.5 only."""
    lines = ["schema = 1", 'name = "Ward 7"']
    for row in shipped_policy().matrix:
        lines += ["[[matrix]]", f'severity = "{row.severity}"', 'why = "a test"']
        for name in ("caution_risk", "danger_risk", "caution_p_meet", "danger_p_meet"):
            value = getattr(row, name)
            if name == "danger_risk" and row.severity == "critical":
                value = 0.5
            if value is not None:
                lines.append(f"{name} = {value!r}")
    path = folder / "ward.toml"
    path.write_text("\n".join(lines), "utf-8")
    return path
