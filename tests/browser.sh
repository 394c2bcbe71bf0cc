#!/usr/bin/env bash
# Journeys in Chromium, against a server with the first content and no model (words only), so that no download is needed.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
(cd tests/browser && { [ -d node_modules/playwright-core ] || npm install --no-audit --no-fund --no-package-lock --silent; })
cargo build --locked -p xinghe
data=$(mktemp -d)
log=$data/serve.log
trap 'kill $server 2>/dev/null || true; wait $server 2>/dev/null || true; rm -rf "$data"' EXIT
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
XINGHE_AI__EMBEDDER=none "$root/target/debug/xinghe" serve --data-dir "$data/community" --listen "127.0.0.1:$port" 2>"$log" &
server=$!
for _ in $(seq 1 600); do
  kill -0 $server 2>/dev/null || { cat "$log"; exit 1; }
  posts=$(curl -sf "http://127.0.0.1:$port/api/v1/search/status" | python3 -c 'import json,sys; print(json.load(sys.stdin)["posts"])' 2>/dev/null || echo 0)
  [ "$posts" -gt 60 ] && break
  sleep 0.5
done
XINGHE_URL="http://127.0.0.1:$port" CHROMIUM="$(command -v chromium)" node --test tests/browser/journey.test.mjs || { tail -20 "$log"; exit 1; }
