"""What the Classify page is made of."""
