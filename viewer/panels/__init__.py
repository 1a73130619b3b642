"""The panels beside the map: the patient, the needle, the card with the verdict."""
