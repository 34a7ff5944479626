"""SaD (Sparse and Dense): top-N recommendation from two views that align each other."""

import os

# Both numba and torch bring an OpenMP pool. Threads of one that spin while waiting starve the other: on two busy
# cores small tensor operations were seen to take thirty times as long. Must be set before either is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
