#!/bin/sh
# Make the virtual environment: with uv where it can be had (tens of seconds), with pip otherwise (minutes).
set -eu
echo "setting up $VENV (once; about a minute with uv, some minutes with pip)"
[ -x "$VENV/bin/python" ] || "$PYTHON" -m venv "$VENV"
# Where a folder of local wheels holds a CPU build of torch, a plain torch pin would still let uv pick it: it sorts
# above the build of the same version without a label.
if "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check -c constraints.txt uv 2>/dev/null &&
	"$VENV/bin/uv" pip install --quiet --python "$VENV/bin/python" -c constraints.txt -e ".[recommendation,dev]"; then
	exit 0
fi
echo "uv did not do it; going on with pip"
"$VENV/bin/python" -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[recommendation,dev]"
