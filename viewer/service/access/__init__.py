"""Who may reach the service, and at which address other machines find it."""
