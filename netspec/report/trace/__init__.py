"""One cell of a layer by hand: what its window reads, by what it is multiplied, and what becomes of the sum."""
