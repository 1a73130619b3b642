"""What may be kept by whoever asked: answers that are the same for everybody."""

from __future__ import annotations

import hashlib
from importlib import metadata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Response

#: Seconds for which a kept answer need not be asked for again.
FRESH_S = 300
#: Set on a server that asks for credentials: nobody between may keep its answers.
LOCKED = "NEEDLEMAP_LOCKED"


def public(response: Response) -> Response:
    """Mark an answer that holds nothing of a caller or patient; 304 when it is known.

    Its tag changes with the data, the policy, the program and the address.
    """
    from flask import current_app, g, request

    from zones.check.site import data_version
    from zones.risk.policy import in_force

    made_of = (
        metadata.version("needlemap"),
        data_version(),
        repr(in_force()),
        request.script_root,
        request.full_path,
    )
    tag = hashlib.sha256("\n".join(made_of).encode()).hexdigest()[:20]
    response.set_etag(tag, weak=True)
    who = "private" if current_app.config.get(LOCKED) else "public"
    response.headers["Cache-Control"] = f"{who}, max-age={FRESH_S}"
    g.kept = True
    response.make_conditional(request)
    return response
