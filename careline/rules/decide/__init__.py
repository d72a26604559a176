"""What to write into the journal: given what was heard or asked, the rows as they are, the policy and the instant.

A decision writes what it used into the event (the ids it took, the chat it chose, a window's end, the quota granted), so that
later settings never rewrite what happened.
"""
