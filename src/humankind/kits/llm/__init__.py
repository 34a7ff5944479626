"""Language models: the embedded one, local transformers folders, and how both are reached through Inspect."""

from humankind.spine.threads import wait_briefly

wait_briefly()  # before torch or llama.cpp is loaded
