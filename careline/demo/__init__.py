"""The whole story against the sandbox: real processes, real HTTP, a real database."""
