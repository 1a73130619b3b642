"""The service for programs as a WSGI object, for a server of one's own.

``gunicorn --preload --threads 8 viewer.service.wsgi:application``. What the flags of
``needlemap serve`` say is taken from the environment (`viewer.service.server.settings`,
`viewer.service.access.access`).

As many processes as wanted may serve it, on several machines too: log-ins, limits and
used tokens are kept in the database that ``NEEDLEMAP_DB`` names, else in the file of
this user's records.
"""

from __future__ import annotations

from viewer.service.access.access import read_access
from viewer.service.app import create_service
from viewer.service.edge.calls import log_as_json
from viewer.service.server.serving import for_good
from viewer.service.server.settings import read_settings
from viewer.service.shared.choice import shared_for

log_as_json()
_settings = read_settings()
with for_good():
    #: The application.
    application = create_service(
        access=read_access(),
        settings=_settings,
        shared=shared_for(_settings.db, alone=False),
    )
