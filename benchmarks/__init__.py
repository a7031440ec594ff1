"""netspec beside PyTorch, Keras and Flax: the same networks, taken in turn in one run."""
