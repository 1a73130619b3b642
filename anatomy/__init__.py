"""Where things are on a body: skin, bones, landmarks, charts. No clinical judgement."""

from pathlib import Path

from anatomy.deprecated import moved_modules

moved_modules(Path(__file__).parent / "moved_modules.toml", removed_in="0.2")
