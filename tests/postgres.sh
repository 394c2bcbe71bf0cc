#!/usr/bin/env bash
# Runs a command beside a throw-away PostgreSQL server, and removes the server afterwards, whatever happens.
#
#   tests/postgres.sh cargo nextest run -p xinghe-store
#
# The command finds the server's address in XINGHE_TEST_POSTGRES. Where that is set already, the server it names is
# used as it is. XINGHE_TEST_POSTGRES_FSYNC=on makes commits durable, for measurements; tests do without.
set -euo pipefail

say() { printf 'postgres.sh: %s\n' "$*" >&2; }

if [ $# -eq 0 ]; then
    say "usage: tests/postgres.sh COMMAND [ARGUMENT…]"
    exit 2
fi
if [ -n "${XINGHE_TEST_POSTGRES:-}" ]; then
    exec "$@"
fi

# Prints the folder that holds initdb, pg_ctl and postgres of the newest version installed, 15 or later.
find_bin() {
    local dir version best="" newest=14
    for dir in "$(dirname "$(readlink -f "$(command -v initdb 2>/dev/null || echo /nowhere/initdb)")")" \
        /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin; do
        [ -x "$dir/initdb" ] && [ -x "$dir/pg_ctl" ] && [ -x "$dir/postgres" ] || continue
        version=$("$dir/postgres" --version | sed -E 's/[^0-9]*([0-9]+).*/\1/')
        if [ "$version" -gt "$newest" ]; then
            newest=$version best=$dir
        fi
    done
    [ -n "$best" ] && printf '%s\n' "$best"
}

bin=$(find_bin || true)
if [ -z "$bin" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "no PostgreSQL 15 or later found; installing the package postgresql"
    (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql) \
        >/dev/null 2>&1 || true
    bin=$(find_bin || true)
fi
if [ -z "$bin" ]; then
    say "PostgreSQL 15 or later is needed (initdb, pg_ctl, postgres) and was not found."
    say "Debian, Ubuntu: sudo apt-get install postgresql   Fedora: sudo dnf install postgresql-server"
    say "macOS: brew install postgresql@17   Or name a running server: XINGHE_TEST_POSTGRES=postgres://user:pass@host/db"
    exit 1
fi

dir=$(mktemp -d "${TMPDIR:-/tmp}/xinghe-postgres.XXXXXX")
command_pid=""

# PostgreSQL refuses to run as root: there it runs as the user the package made, or as nobody.
as_server() { "$@"; }
if [ "$(id -u)" = 0 ]; then
    owner=postgres
    id "$owner" >/dev/null 2>&1 || owner=nobody
    chown "$owner" "$dir"
    if command -v runuser >/dev/null; then
        as_server() { (cd "$dir" && runuser -u "$owner" -- "$@"); }
    else
        as_server() { (cd "$dir" && setpriv --reuid "$owner" --regid "$(id -g "$owner")" --clear-groups "$@"); }
    fi
fi

clean_up() {
    status=$?
    trap - EXIT INT TERM HUP
    if [ -n "$command_pid" ]; then
        kill -TERM "$command_pid" 2>/dev/null || true
        wait "$command_pid" 2>/dev/null || true
    fi
    if [ -f "$dir/data/postmaster.pid" ]; then
        as_server "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1 || true
    fi
    rm -rf "$dir"
    exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
(umask 077 && printf '%s\n' "$password" >"$dir/password")
if [ "$(id -u)" = 0 ]; then
    chown "$owner" "$dir/password"
fi
as_server "$bin/initdb" -D "$dir/data" -U xinghe -E UTF8 --locale=C --no-sync --auth=scram-sha-256 \
    --pwfile="$dir/password" >"$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log" >&2; exit 1; }

fsync=${XINGHE_TEST_POSTGRES_FSYNC:-off}
started=""
for _ in 1 2 3 4 5 6 7 8 9 10; do
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 40000))
    options="-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories='$dir' -c fsync=$fsync"
    options="$options -c full_page_writes=$fsync -c max_connections=300 -c shared_buffers=64MB"
    if as_server "$bin/pg_ctl" -D "$dir/data" -l "$dir/server.log" -w -t 60 -o "$options" start >/dev/null 2>&1; then
        started=yes
        break
    fi
    grep -q "could not bind\|could not create any TCP" "$dir/server.log" || break
done
if [ -z "$started" ]; then
    say "the server did not start:"
    cat "$dir/server.log" >&2 || true
    exit 1
fi

export XINGHE_TEST_POSTGRES="postgres://xinghe:$password@127.0.0.1:$port/postgres"
# In the background, so that a signal reaches this script at once and the server goes with it.
"$@" <&0 &
command_pid=$!
set +e
wait "$command_pid"
status=$?
set -e
command_pid=""
exit "$status"
