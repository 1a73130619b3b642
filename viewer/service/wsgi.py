"""The service for programs as a WSGI object, for a server of one's own.

``gunicorn --preload --threads 8 viewer.service.wsgi:application``. What the flags of
``needlemap serve`` say is taken from the environment (`viewer.service.settings`,
`viewer.service.access`).

Several processes count callers and remember the tokens of CDS Hooks each for itself:
start one process with threads, or let what stands before them do that.
"""

from __future__ import annotations

from viewer.service.access import read_access
from viewer.service.app import create_service
from viewer.service.edge.calls import log_as_json
from viewer.service.settings import read_settings

log_as_json()
#: The application.
application = create_service(access=read_access(), settings=read_settings())
