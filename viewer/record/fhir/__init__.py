"""A session's record for FHIR: ``bundle`` is all of it, ``site`` and ``consent`` parts.

Free text (notes, the text behind a reason) and names do not go into it.
"""
