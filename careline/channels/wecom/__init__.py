"""WeCom's customer service (微信客服): its API, its nudges, the messages that are pulled."""
