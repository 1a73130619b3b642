"""The depth map: how deep a perpendicular needle may go, and its colours."""
