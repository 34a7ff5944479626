"""SaD (Sparse and Dense): top-N recommendation from two views that align each other."""

from humankind.spine.threads import wait_briefly

wait_briefly()  # before torch is loaded
