"""What a code or a word in an error means, and what to do about it."""
