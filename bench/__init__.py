"""How fast careline is, each figure beside its peer in one run: ``python -m bench NAME``. No part of the product."""
