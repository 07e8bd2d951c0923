#!/usr/bin/env bash
# Everything a change must pass, in the order in which it fails fastest.
# "make check" runs it on a machine that scripts/setup.sh has prepared.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$*"; }

step "gofmt"
unformatted=$(find . -name '*.go' -not -path './web/node_modules/*' -print0 | xargs -0 gofmt -l)
if [ -n "$unformatted" ]; then
	printf 'not formatted (make fmt):\n%s\n' "$unformatted" >&2
	exit 1
fi

step "templ: generated files are up to date"
digest() { find . -name '*_templ.go' -not -path './web/node_modules/*' -print0 | sort -z | xargs -0 sha256sum; }
before=$(digest)
go tool templ generate >/dev/null
if ! changed=$(diff <(echo "$before") <(digest)); then
	printf 'were out of date and are generated anew; commit them:\n%s\n' "$changed" >&2
	exit 1
fi

step "go vet"
go vet ./...

step "staticcheck"
go tool staticcheck ./...

step "build without cgo"
CGO_ENABLED=0 go build ./...

step "tests with the race detector, both databases"
CGO_ENABLED=1 scripts/with-postgres.sh go test -race -short -timeout 30m ./...

step "govulncheck"
status=0
report=$(go tool govulncheck ./... 2>&1) || status=$?
# 3 means that something was found; any other failure may be the network's.
if [ "$status" = 0 ]; then
	echo "nothing known against what we call"
elif [ "$status" != 3 ] && grep -q 'vuln\.go\.dev' <<<"$report"; then
	echo "skipped: the vulnerability database cannot be reached"
else
	echo "$report" >&2
	exit 1
fi

printf '\nmake check: all passed\n'
