"""CDS Hooks 2.0: an electronic health record asks, cards are answered.

``book`` reads ``data/hooks.toml``: the services, what is prefetched, which orders count
and how records are read. ``fhir`` takes resources apart, ``facts`` makes the patient of
them, ``orders`` the site and needle, ``cards`` puts an answer onto cards, ``trust``
says which clients may ask, ``routes`` answers.
"""
