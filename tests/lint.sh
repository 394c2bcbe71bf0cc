#!/usr/bin/env bash
# Spelling; and licences and advisories where cargo-deny is installed (the licences are also checked by a test).
set -euo pipefail
cd "$(dirname "$0")/.."
venv=target/lint-venv
if [ ! -x "$venv/bin/typos" ]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check 'typos==1.40.0'
fi
"$venv/bin/typos"
if cargo deny --version >/dev/null 2>&1; then
  cargo deny --all-features check licenses bans sources
fi
