"""Parts of the rates page."""
