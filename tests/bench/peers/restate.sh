#!/bin/bash
# restate.sh [FOLDER]: the two-approval case by banfad and by Restate, with the same clients, by turns. From the build
# folder, after `make bench`'s programs were built. Takes the server, its SDK and Node 22 from npm into FOLDER (a new
# one in /tmp). Not part of `make bench`: it downloads 200 MB.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=${1:-$(mktemp -d)}
program=$PWD/tests/bench/bench_service
mkdir -p "$work"
cd "$work"
[ -d node_modules/@restatedev/restate-server ] ||
    npm install --no-audit --no-fund --silent @restatedev/restate-server @restatedev/restate-sdk node@22
cp "$here/restate.mjs" .
node_modules/.bin/restate-server --version
rm -rf restate-data
node_modules/.bin/node restate.mjs 9080 >node.log 2>&1 &
node=$!
node_modules/.bin/restate-server >server.log 2>&1 &
server=$!
trap 'kill $server $node' EXIT
for _ in $(seq 100); do
    curl -sf localhost:9070/health >/dev/null 2>&1 && break
    sleep 0.2
done
curl -sf localhost:9070/deployments -H 'content-type: application/json' -d '{"uri":"http://localhost:9080"}' >/dev/null
cd "$OLDPWD"
"$program" --restate 8080
