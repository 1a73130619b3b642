"""Write the colours of ``viewer/look/palette.toml`` as a style sheet of the page.

``python -m tools.palette`` writes ``viewer/assets/look/palette.css``.
"""

from __future__ import annotations

from pathlib import Path

import viewer
from viewer.look.night import whole_sheet

FILE = Path(viewer.__file__).parent / "assets" / "look" / "palette.css"

if __name__ == "__main__":
    FILE.write_text(whole_sheet(), "utf-8", newline="\n")
