"""How we know that it is right: data check, replay, calibration."""
