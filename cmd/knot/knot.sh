#!/bin/sh
# Starts knot on a Node that is new enough: the one it was built with, else the system's.
set -eu
here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
is_new_enough() {
  version=$("$1" --version 2>/dev/null) || return 1
  version=${version#v} major=${version%%.*} minor=${version#*.}
  [ "$major" -gt 22 ] 2>/dev/null || { [ "$major" = 22 ] && [ "${minor%%.*}" -ge 19 ]; } 2>/dev/null
}
for node in "${KNOT_NODE:-}" '@NODE@' "$here"/../.node/node_modules/node-*/bin/node node; do
  if [ -n "$node" ] && command -v "$node" >/dev/null 2>&1 && is_new_enough "$node"; then
    # the usual nursery of objects grows to three times 16 MB, and is never given back
    exec "$node" --disable-warning=ExperimentalWarning --max-semi-space-size=4 "$here/main.js" "$@"
  fi
done
echo 'knot needs Node 22.19 or newer, and found none. Run `make build`, which brings Node 24, or set KNOT_NODE.' >&2
exit 69
