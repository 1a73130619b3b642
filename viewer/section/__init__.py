"""The cross-section: its picture, words and panel."""
