"""WeChat Official Accounts: what they push to us, what we may send, and how they say no."""
