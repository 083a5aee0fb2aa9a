#!/bin/sh
exec "${PYTHON3:-python3}" "$srcdir/tests/oracle/merkle_oracle.py" tests/oracle/merkle_driver
