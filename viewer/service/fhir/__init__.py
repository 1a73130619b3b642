"""FHIR R4 and R5 over HTTP, under ``/fhir``.

``negotiation`` says which version is read and which answered, ``reading`` takes the
Parameters of ``$check`` apart, ``check`` answers them, ``capability`` tells what there
is, ``routes`` are the addresses. The resources themselves are made in `viewer.fhir`.
"""
