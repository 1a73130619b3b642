"""SMART App Launch 2: an electronic health record opens the page with its patient.

``ehrs`` says which records may, ``flow`` does the OAuth part of it, ``record`` reads
the patient, ``routes`` are the addresses. Off unless a list is given.
"""
