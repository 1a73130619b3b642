"""How the service is run: flags, settings, listening."""
