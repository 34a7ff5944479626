"""HypeMed: drug sets from visit histories. Research software, not medical advice."""

from humankind.spine.threads import wait_briefly

wait_briefly()  # before torch is loaded
