"""The gate before every address with its log-in, and the patient's way to a leaflet."""
