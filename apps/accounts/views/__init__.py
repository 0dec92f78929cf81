"""Pages of people and the organisation."""
