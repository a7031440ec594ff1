"""Networks that others published, written in the format from their papers and code alone."""
