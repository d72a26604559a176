"""Meta's side: what Graph answers, how it judges messages and templates, and the webhooks that it sends."""
