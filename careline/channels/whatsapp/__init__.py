"""WhatsApp Business numbers (Cloud API): what Meta pushes to us, what we may send, and how it says no."""
