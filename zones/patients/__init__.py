"""The patient: facts, rules over them, who may needle, presets, requests."""
