"""Webhooks in: verified, committed, answered; then applied to the journal."""
