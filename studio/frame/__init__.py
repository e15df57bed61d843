"""What stands around the pages: the rail, the run bar, the palette, the way out."""
