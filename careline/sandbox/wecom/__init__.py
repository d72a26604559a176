"""WeCom's customer service (微信客服), as its API and its customers' phones would have it."""
