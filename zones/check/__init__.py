"""The check of one site: engine, findings, suggestions, tolerance."""
