"""The check over HTTP, and who may reach it.

``api`` answers programs, ``openapi`` describes it, ``access`` says who must log in,
``gate`` asks for it, ``headers`` says what a browser may do with a page, ``options``
are the command's flags, ``serving`` listens. ``app`` is the service without the page,
``wsgi`` the same for another server. ``calls`` reads what is asked, ``edge`` is what
goes round every call, ``hooks`` speaks CDS Hooks, ``fhir`` FHIR, ``smart``
lets a health record open the page.
"""
