"""The menu of a WeChat account as a file: checked, compared with the account, carried out, fetched."""
