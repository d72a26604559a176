"""The shell of the program. Private: nothing outside ``cli`` and ``commands`` may import it."""
