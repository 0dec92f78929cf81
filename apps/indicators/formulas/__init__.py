"""The formulas of the house, each once and with its source. Pure: no rows, no dates, no words."""
