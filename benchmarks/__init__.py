"""Speed and memory beside other libraries, every figure and its peer measured in one run.

    make bench                              all of them (tens of minutes on two cores)
    python -m benchmarks neighbours als     some of them
    python -m benchmarks --quick            each on tiny data, to see that it works; nothing is written

Results are written to `benchmarks/results/<date>.json` and `.md`. A data set or a library that is absent is
skipped with the reason. These are no tests: what they print depends on the machine, which the results name.
"""
