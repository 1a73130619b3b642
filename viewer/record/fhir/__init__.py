"""A session's record for FHIR.

``bundle`` is all of it; ``site``, ``consent`` and ``follow_up`` are parts. Free text
(notes, the text behind a reason) and names do not go into it.
"""
