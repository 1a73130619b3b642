"""The 3D body: skin, skeleton, structures, needle."""
