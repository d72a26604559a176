"""The people who follow an account: asking the platform who they are, and the tags they carry."""
