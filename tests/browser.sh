#!/usr/bin/env bash
# Runs something in Chromium against a server with the first content and no model (words only), so that no download is
# needed. Without arguments: the journeys. `tests/browser.sh node tests/browser/shots.mjs`: pictures of every page.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
(cd tests/browser && { [ -d node_modules/@modelcontextprotocol/sdk ] && [ -d node_modules/openai ] && [ -d node_modules/@a2a-js/sdk ] || npm install --no-audit --no-fund --no-package-lock --silent; })
cargo build --locked -p xinghe
data=$(mktemp -d)
log=$data/serve.log
trap 'kill $server 2>/dev/null || true; wait $server 2>/dev/null || true; rm -rf "$data"' EXIT
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export XINGHE_AI__EMBEDDER=none XINGHE_DEVELOPMENT=true XINGHE_TRUSTED_PROXIES='["127.0.0.1"]' XINGHE_TWINS_WAIT_MINUTES=0
"$root/target/debug/xinghe" serve --data-dir "$data/community" --listen "127.0.0.1:$port" >"$log" 2>&1 &
server=$!
for _ in $(seq 1 600); do
  kill -0 $server 2>/dev/null || { cat "$log"; exit 1; }
  posts=$(curl -sf "http://127.0.0.1:$port/api/v1/search/status" | python3 -c 'import json,sys; print(json.load(sys.stdin)["posts"])' 2>/dev/null || echo 0)
  [ "$posts" -gt 60 ] && grep -qE "projects from|no projects:" "$log" && break
  sleep 0.5
done
# The first administrator signs up with the address that the server prints.
XINGHE_KEEPER=$(python3 -c 'import secrets; print(secrets.token_urlsafe(18))')
token=$(sed -n 's/.*setup?token=//p' "$log" | head -1)
curl -sf -o /dev/null "http://127.0.0.1:$port/setup" -H "origin: http://127.0.0.1:$port" --data-urlencode "token=$token" \
  --data-urlencode "password=$XINGHE_KEEPER" -d "handle=keeper&name=&next=/"
export XINGHE_KEEPER XINGHE_URL="http://127.0.0.1:$port" CHROMIUM="${CHROMIUM:-$(command -v chromium)}"
if [ $# -eq 0 ]; then set -- node --test --test-timeout=300000 tests/browser/*.test.mjs; fi
"$@" || { tail -20 "$log"; exit 1; }
