"""FHIR resources made and read."""
