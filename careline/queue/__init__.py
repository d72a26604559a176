"""Who waits, and what happens to them."""
