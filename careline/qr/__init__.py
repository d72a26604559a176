"""QR codes: drawn here from the address the platform gave, read back before they count, kept in a ledger."""
