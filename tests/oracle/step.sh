#!/bin/sh
exec "${PYTHON3:-python3}" "$srcdir/tests/oracle/step_oracle.py" ./banfa
