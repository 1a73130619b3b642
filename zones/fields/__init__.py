"""Structures on a reference body: areas, depths, bone, how deep it is mapped."""
