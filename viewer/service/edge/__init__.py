"""Round every call: its id and log line, who may call how often, what is kept, health.

Nothing here knows what is asked or answered. ``calls`` gives each call an id and writes
its line, ``cors`` lets the pages of named sites call, ``rates`` bounds how often,
``keeping`` marks what is public, ``packing`` compresses, ``health`` and ``metrics``
answer those who run the service, ``proxy`` is about where it stands. ``headers`` says
what a browser may do with a page, ``replies`` writes answers and errors as JSON,
``nowhere`` answers addresses that lead nowhere.
"""
