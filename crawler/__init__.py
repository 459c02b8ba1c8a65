"""What comes in: outlets and their sources, crawled into Articles."""
