"""What WeChat's Official Accounts and WeCom have in common: answers, access tokens, the envelope of pushes."""
