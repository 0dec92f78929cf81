"""Pages of findings, actions and good practices."""
