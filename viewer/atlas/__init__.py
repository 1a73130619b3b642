"""The atlas: zones to browse, to show on a wall and to take apart."""
