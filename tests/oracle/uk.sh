#!/bin/sh
exec "${PYTHON3:-python3}" "$srcdir/tests/oracle/uk_oracle.py" ./banfa tests/oracle/term_driver
