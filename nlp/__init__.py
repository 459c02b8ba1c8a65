"""What it says: Arabic text in, Analysis out."""
