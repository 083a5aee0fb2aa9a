#!/bin/bash
# Ten years of the engine for each of a few seeds: whatever happens to it, its journal keeps what was promised.
set -eu
for seed in 1 2 3; do
    "$builddir/tests/tools/engine_years" "$seed" 10
done
