"""Where it is found: Documents in, Pages of them out."""
