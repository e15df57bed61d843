"""Parts of the train page."""
