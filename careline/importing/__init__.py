"""Brings here what happened elsewhere before careline was there, or past it."""
