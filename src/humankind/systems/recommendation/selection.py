"""Keep the k best of a row, in compiled code: a heap whose root is the worst of those kept."""

from __future__ import annotations

from numba import njit


@njit(cache=True, nogil=True)
def _worse(value_a, label_a, value_b, label_b):
    """Say whether a ranks behind b: lower value, or equal value and higher label."""
    return value_a < value_b or (value_a == value_b and label_a > label_b)


@njit(cache=True, nogil=True)
def _sift_down(values, labels, start, size):
    at = start
    while True:
        child = 2 * at + 1
        if child >= size:
            return
        if child + 1 < size and _worse(values[child + 1], labels[child + 1], values[child], labels[child]):
            child += 1
        if not _worse(values[child], labels[child], values[at], labels[at]):
            return
        values[at], values[child] = values[child], values[at]
        labels[at], labels[child] = labels[child], labels[at]
        at = child


@njit(cache=True, nogil=True)
def select_top(values, labels, out_labels, out_values):
    """Write the best `len(out_labels)` of `values` in order, best first; return how many there were.

    Ties go to the lower label. Places beyond the number of values are left as they were.
    """
    k = min(out_labels.size, values.size)
    if k == 0:
        return 0
    for t in range(k):
        out_values[t], out_labels[t] = values[t], labels[t]
    for start in range(k // 2 - 1, -1, -1):
        _sift_down(out_values, out_labels, start, k)
    for t in range(k, values.size):
        if _worse(out_values[0], out_labels[0], values[t], labels[t]):
            out_values[0], out_labels[0] = values[t], labels[t]
            _sift_down(out_values, out_labels, 0, k)
    for size in range(k - 1, 0, -1):  # heap sort: the worst goes to the back
        out_values[0], out_values[size] = out_values[size], out_values[0]
        out_labels[0], out_labels[size] = out_labels[size], out_labels[0]
        _sift_down(out_values, out_labels, 0, size)
    return k
