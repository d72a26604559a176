"""One package per platform. Nothing of a platform leaks out of its package: outside, only ``ports`` and ``heard`` are known."""
