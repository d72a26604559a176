"""Pulls WeCom's customer service messages into the journal: page by page, each with its cursor in one transaction."""
