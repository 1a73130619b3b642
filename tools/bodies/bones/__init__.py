"""The bones of a body: their meshes, fitted into the skin."""
