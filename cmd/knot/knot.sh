#!/bin/sh
# Starts knot on a Node that is new enough: the one it was built with, else the system's.
set -eu
here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
new_enough='const [a, b] = process.versions.node.split("."); process.exit(+a > 22 || (+a === 22 && +b >= 19) ? 0 : 1)'
for node in "${KNOT_NODE:-}" '@NODE@' "$here"/../.node/node_modules/node-*/bin/node node; do
  if [ -n "$node" ] && command -v "$node" >/dev/null 2>&1 && "$node" -e "$new_enough" 2>/dev/null; then
    exec "$node" --disable-warning=ExperimentalWarning "$here/cmd/knot/main.js" "$@"
  fi
done
echo 'knot needs Node 22.19 or newer, and found none. Run `make build`, which brings Node 24, or set KNOT_NODE.' >&2
exit 69
