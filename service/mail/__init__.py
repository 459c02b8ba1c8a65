"""Alert mail: what is owed to whom, how it reads, how it is sent."""
