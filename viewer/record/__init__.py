"""The session record: what was checked, told, agreed, counted; kept on the machine."""
