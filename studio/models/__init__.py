"""Qt item models over tables."""
