"""What several tests of the page share: browser, database, the map as it is seen."""
