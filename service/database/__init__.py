"""The relational database: the only truth. Each module of statements takes the Connection of a caller's transaction."""
