"""Finding a site: search field and muscle picker."""
