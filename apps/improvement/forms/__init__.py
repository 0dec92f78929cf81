"""Shape of what people choose and type."""
