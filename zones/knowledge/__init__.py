"""The data files as typed records: structures, facts, rules, sources."""
