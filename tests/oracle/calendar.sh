#!/bin/sh
exec "${PYTHON3:-python3}" "$srcdir/tests/oracle/calendar_oracle.py" ./banfa tests/oracle/term_driver
