"""What goes in and what comes out: site, needle, answer, verdict, units."""
