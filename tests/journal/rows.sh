#!/bin/bash
# What the scenarios of every policy leave in a journal is read as it was written, and rebuilds their cases.
exec bash "$srcdir/tests/tools/each.sh" journal
