"""HypeMed: drug sets from visit histories. Research software, not medical advice."""

import os

# Threads that spin while they wait starve their neighbours: on two busy cores small tensor operations were seen to take
# thirty times as long. Must be set before torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
