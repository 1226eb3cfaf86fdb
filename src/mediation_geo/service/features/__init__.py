"""Collections in memory: their columns, what may be asked of them, which rows answer, and those rows as GeoJSON."""
