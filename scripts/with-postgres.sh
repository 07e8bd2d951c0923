#!/usr/bin/env bash
# Runs a command with SHANGLIANG_TEST_POSTGRES set: to the server that it names
# already, if that answers, else to a private one that lives as long as the
# command.
#
#   scripts/with-postgres.sh go test ./internal/db/...
set -euo pipefail
cd "$(dirname "$0")/.."

if scripts/setup.sh postgres-answers; then
	exec "$@"
fi
if [ -n "${SHANGLIANG_TEST_POSTGRES:-}" ]; then
	echo "SHANGLIANG_TEST_POSTGRES is set but does not answer; starting a private server" >&2
fi
SHANGLIANG_PG_DIR=$(mktemp -d)
export SHANGLIANG_PG_DIR
# The server goes with us however we end; an interrupted command is waited for,
# so that it can clean up while the server still answers.
trap 'scripts/postgres.sh stop; rm -rf "$SHANGLIANG_PG_DIR"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
line=$(scripts/postgres.sh start)
eval "$line"
"$@"
