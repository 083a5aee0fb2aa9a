#!/bin/bash
# The engine leaves the rows that the simulator leaves, whatever it forgets in between and however often the disk is full.
exec bash "$srcdir/tests/tools/each.sh" engine
