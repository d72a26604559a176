"""careline: customer-care operations from the shell, for WhatsApp and WeChat.

This package is the engine: importable, prints nothing, never exits. The program around it lives in ``cli`` and ``commands``.
"""

__version__ = "0.1.0"
