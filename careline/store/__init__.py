"""The journal, its projections, and the webhooks waiting to be applied."""
