"""One file a framework: a worker process loads the one that it is asked for."""
