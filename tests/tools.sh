#!/usr/bin/env bash
# Says exactly what is missing before anything long starts; installs what it can on Debian as root.
set -euo pipefail
missing=()
need() { command -v "$1" >/dev/null 2>&1 || missing+=("$1: $2"); }
apt_has() { command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; }
install() { # command package…
  command -v "$1" >/dev/null 2>&1 && return 0
  apt_has || return 0
  shift
  echo "installing: $*"
  [ -n "${apt_updated:-}" ] || { apt-get update -qq; apt_updated=1; }
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}
install chromium chromium fonts-noto-cjk
need cargo "install Rust 1.95 or newer with rustup"
need cc "install a C compiler, for instance: apt-get install build-essential"
need node "install Node.js 20 or newer"
need npm "install npm 10 or newer"
need python3 "install Python 3 with pip and venv"
need git "install git"
need chromium "install Chromium, for instance: apt-get install chromium fonts-noto-cjk"
if [ ${#missing[@]} -gt 0 ]; then
  printf 'make test needs:\n' >&2
  printf '  %s\n' "${missing[@]}" >&2
  exit 1
fi
cargo nextest --version >/dev/null 2>&1 || { echo "installing cargo-nextest"; cargo install --locked cargo-nextest; }
