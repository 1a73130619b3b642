"""The kinds of sheets: of a zone, a view of the body, a cross-section, the pocket."""
