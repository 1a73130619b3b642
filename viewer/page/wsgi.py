"""The page as a WSGI object, for a server of one's own and as many workers as wanted.

``gunicorn --preload --workers 4 --threads 8 viewer.page.wsgi:application``. Who gets in
and where records lie is taken from the environment (`viewer.service.access.access`,
``NEEDLEMAP_DB``), so are the proxies before it (`viewer.service.server.settings`).
"""

from __future__ import annotations

from viewer.page.app import create_app, read_all
from viewer.service.access.access import read_access
from viewer.service.edge.proxy import add_proxy
from viewer.service.server.serving import for_good
from viewer.service.server.settings import read_settings
from viewer.service.shared.choice import shared_for

_settings = read_settings()
# before the workers are forked, and in no thread of its own: they share what was read
with for_good():
    read_all()
    _app = create_app(
        warm=False,
        access=read_access(),
        db=_settings.db,
        smart=_settings.smart,
        shared=shared_for(_settings.db, alone=False),
    )
#: The application.
application = _app.server
add_proxy(application, base_path="", proxies=_settings.proxies)
