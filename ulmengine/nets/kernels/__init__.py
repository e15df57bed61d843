"""What makes the networks' products fast: layout in memory, packed weights, LSTM steps, softmax in chunks."""
