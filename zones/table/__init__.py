"""The check of many sites: tables in, tables out."""
