"""What the service has of HTTP: addresses, media types, limits, statuses, errors."""
