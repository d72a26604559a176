"""Message templates: from a file to the platform, and the platform's verdict back into the journal."""
