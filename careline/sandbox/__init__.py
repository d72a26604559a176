"""Local WhatsApp and WeChat: the other side, with a virtual clock, its own crypto and its own idea of the rules."""
