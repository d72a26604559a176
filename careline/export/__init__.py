"""The journal's rows as files: whole or not at all, in constant memory."""
