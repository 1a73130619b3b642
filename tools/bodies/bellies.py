"""Work out the schemes of all muscles on both bodies and keep them with the data.

Run ``python -m tools.bodies.bellies`` after a change of ``attachments.toml``, of the
bodies or of ``anatomy/muscles/belly_shape.py``. It takes about half a minute and needs
none of the packages that making a body needs.
"""

from __future__ import annotations

import numpy as np

from anatomy.body import BODIES, load_body
from anatomy.muscles.attachments import attachments
from anatomy.muscles.bellies import BELLIES, STEP_MM, scheme_key
from anatomy.muscles.belly_shape import sheet
from anatomy.muscles.catalogue import muscle_names


def main() -> None:
    """Write ``anatomy/data/bellies/<body>.npz``."""
    BELLIES.mkdir(exist_ok=True)
    for name in BODIES:
        body = load_body(name)
        names, keys, counts, places, skin = [], [], [], [], []
        for muscle in muscle_names():
            entry = attachments(muscle)
            made = [sheet(body, part) for part in entry.part]
            names.append(muscle)
            keys.append(scheme_key(body, entry))
            counts.append(len(made))
            places += [np.stack([one.outer, one.inner]) for one in made]
            skin += [one.skin for one in made]
        whole = np.array(places)
        low = whole.reshape(-1, 3).min(axis=0)
        np.savez_compressed(
            BELLIES / f"{name}.npz",
            places=np.round((whole - low) / STEP_MM).astype(np.uint16),
            low=low,
            skin=np.array(skin, dtype=np.uint32),
            names=np.array(names),
            keys=np.array(keys),
            counts=np.array(counts),
        )
        print(f"{name}: {len(names)} muscles, {len(places)} parts")


if __name__ == "__main__":
    main()
