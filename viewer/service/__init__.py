"""The check over HTTP, and who may reach it.

``api`` answers programs, ``openapi`` describes it. ``app`` is the service without the
page, ``wsgi`` the same for another server. ``server`` listens, with the flags and
settings it is run by. ``access`` says who must log in, ``entrance`` asks for it.
``protocol`` has the addresses, limits, statuses and errors. ``calls`` reads what is
asked, ``edge`` is what goes round every call, ``shared`` is what several processes
agree on, ``hooks`` speaks CDS Hooks, ``fhir`` FHIR, ``smart`` lets a health record open
the page.
"""
