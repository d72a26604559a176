"""Files: what they are, where they are kept, how they come from a platform."""
