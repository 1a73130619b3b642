"""Zones on a chart: their shapes, how they are drawn, the legend."""
