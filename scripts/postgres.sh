#!/usr/bin/env bash
# A private PostgreSQL for tests: fast, unsafe for anything you want to keep.
#
#   eval "$(scripts/postgres.sh start)"   start it (or find it running) and
#                                         export SHANGLIANG_TEST_POSTGRES
#   scripts/postgres.sh url               print its URL
#   scripts/postgres.sh stop              stop it and delete its data
#
# SHANGLIANG_PG_DIR says where it lives (default: a folder of yours in /tmp).
# It listens on 127.0.0.1 and a socket, on a free port, with a random password.
# It never syncs to disk: tests are several times faster, and a crash of the
# machine loses everything, which is fine here. SHANGLIANG_PG_DURABLE=1 makes it
# sync as a real server does: for measuring.
set -euo pipefail

dir=${SHANGLIANG_PG_DIR:-${TMPDIR:-/tmp}/shangliang-postgres-$(id -un)}

say() { echo "postgres.sh: $*" >&2; }

# as_server runs a command as the user that owns the server: PostgreSQL refuses
# to run as root.
as_server() {
	if [ "$(id -u)" != 0 ]; then
		"$@"
		return
	fi
	local command
	printf -v command '%q ' "$@"
	(cd / && su "$(server_user)" -s /bin/bash -c "$command")
}

server_user() {
	if [ "$(id -u)" != 0 ]; then
		id -un
	elif id postgres >/dev/null 2>&1; then
		echo postgres
	else
		echo nobody
	fi
}

# binaries prints the folder of the newest server on this machine.
binaries() {
	local found
	found=$(ls -d /usr/lib/postgresql/*/bin /usr/pgsql-*/bin 2>/dev/null | sort -V | tail -n 1 || true)
	if [ -z "$found" ] && command -v initdb >/dev/null; then
		found=$(dirname "$(readlink -f "$(command -v initdb)")")
	fi
	[ -n "$found" ] && [ -x "$found/initdb" ] && echo "$found"
}

running() { [ -f "$dir/url" ] && as_server "$(binaries)/pg_ctl" -D "$dir/data" status >/dev/null 2>&1; }

free_port() {
	local port
	for _ in $(seq 50); do
		port=$((20000 + RANDOM % 12000))
		if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
			echo "$port"
			return
		fi
	done
	say "no free port found"
	return 1
}

start() {
	if running; then
		url_line
		return
	fi
	local bin password port
	if ! bin=$(binaries); then
		say "no PostgreSQL server found; install it: apt-get install postgresql"
		exit 1
	fi
	if [ -e "$dir" ] && [ ! -f "$dir/url" ] && [ -n "$(ls -A "$dir")" ]; then
		say "$dir exists and is not mine; set SHANGLIANG_PG_DIR"
		exit 1
	fi
	rm -rf "$dir"
	mkdir -p "$dir"
	chmod 711 "$dir"
	password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
	(umask 077 && echo "$password" >"$dir/password")
	mkdir "$dir/data" "$dir/socket"
	if [ "$(id -u)" = 0 ]; then
		chown -R "$(server_user)" "$dir"
	fi
	as_server "$bin/initdb" -D "$dir/data" -U test -A scram-sha-256 --pwfile="$dir/password" \
		-E UTF8 --locale=C.UTF-8 --no-sync >"$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log" >&2; exit 1; }
	local sync=off
	[ "${SHANGLIANG_PG_DURABLE:-}" = 1 ] && sync=on
	cat >>"$dir/data/postgresql.conf" <<-CONF
		listen_addresses = '127.0.0.1'
		unix_socket_directories = '$dir/socket'
		max_connections = 300
		max_locks_per_transaction = 256
		shared_buffers = 128MB
		fsync = $sync
		synchronous_commit = $sync
		full_page_writes = $sync
		jit = off
		log_min_messages = fatal
		log_min_error_statement = panic
	CONF
	# Another program may take the port between looking and starting.
	for _ in 1 2 3; do
		port=$(free_port)
		if as_server "$bin/pg_ctl" -D "$dir/data" -l "$dir/server.log" -o "-p $port" -w -t 60 start >/dev/null 2>&1; then
			(umask 077 && echo "postgres://test:$password@127.0.0.1:$port/postgres?sslmode=disable" >"$dir/url")
			url_line
			return
		fi
	done
	say "the server did not start:"
	cat "$dir/server.log" >&2
	exit 1
}

url_line() { echo "export SHANGLIANG_TEST_POSTGRES='$(cat "$dir/url")'"; }

stop() {
	[ -f "$dir/url" ] || return 0
	if running; then
		as_server "$(binaries)/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null
	fi
	rm -rf "$dir"
}

case ${1:-} in
start) start ;;
stop) stop ;;
url)
	if ! running; then
		say "not running; start it: scripts/postgres.sh start"
		exit 1
	fi
	cat "$dir/url"
	;;
*)
	sed -n '2,/^set /p' "$0" | sed '$d; s/^# \{0,1\}//'
	exit 2
	;;
esac
