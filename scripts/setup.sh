#!/usr/bin/env bash
# Checks what this machine has and installs, with apt, what it lacks.
#
#   scripts/setup.sh build    Go, Node and npm
#   scripts/setup.sh fonts    the typefaces that PDF documents are set in
#   scripts/setup.sh test     build, fonts, Chromium, PostgreSQL, and what opens
#                             documents: LibreOffice Writer and poppler
#   scripts/setup.sh check    and a C compiler for the race detector
#   scripts/setup.sh postgres-answers   succeeds if SHANGLIANG_TEST_POSTGRES does
#
# Nothing is installed that is there already, and nothing without saying so.
set -euo pipefail

need_go=1.26
need_node=20

say() { echo "setup: $*" >&2; }
have() { command -v "$1" >/dev/null 2>&1; }

# at_least A B: version A is B or newer.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

check_go() {
	if ! have go; then
		say "Go $need_go or newer is needed and there is no go in PATH: https://go.dev/dl/"
		return 1
	fi
	local version
	version=$(cd / && GOTOOLCHAIN=local go env GOVERSION)
	version=${version#go}
	if ! at_least "${version%% *}" "$need_go"; then
		say "Go $need_go or newer is needed; this is $version: https://go.dev/dl/"
		return 1
	fi
}

check_node() {
	if ! have node; then
		say "Node $need_node or newer is needed and there is no node in PATH: https://nodejs.org/"
		return 1
	fi
	local version
	version=$(node --version)
	if ! at_least "${version#v}" "$need_node"; then
		say "Node $need_node or newer is needed; this is $version: https://nodejs.org/"
		return 1
	fi
}

# postgres_answers: the server named by SHANGLIANG_TEST_POSTGRES takes connections.
postgres_answers() {
	local url=${SHANGLIANG_TEST_POSTGRES:-} place
	[ -n "$url" ] || return 1
	if have pg_isready; then
		pg_isready -q -t 5 -d "$url"
		return
	fi
	place=${url#*://} place=${place##*@} place=${place%%[/?]*}
	[ "$place" != "${place%:*}" ] || place=$place:5432
	(exec 3<>"/dev/tcp/${place%:*}/${place##*:}") 2>/dev/null
}

postgres_server() { have initdb || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; }
chromium_browser() { have chromium || have chromium-browser || have google-chrome; }
chinese_font() { have fc-list && fc-list :lang=zh-cn family | grep -q .; }


# face FILE: a typeface is installed.
face() { find /usr/share/fonts /usr/local/share/fonts -name "$1" 2>/dev/null | grep -q .; }

packages=()
# want PACKAGE CHECK...: note the package if the check fails.
want() {
	local package=$1
	shift
	"$@" || packages+=("$package")
}

install_packages() {
	[ ${#packages[@]} -gt 0 ] || return 0
	say "missing: ${packages[*]}"
	if ! have apt-get; then
		say "this is not Debian: install them with your package manager and run again"
		return 1
	fi
	local root=()
	if [ "$(id -u)" != 0 ]; then
		if ! have sudo; then
			say "run as root: apt-get install ${packages[*]}"
			return 1
		fi
		root=(sudo)
	fi
	say "installing with apt-get (once)"
	"${root[@]}" apt-get update -q
	"${root[@]}" env DEBIAN_FRONTEND=noninteractive \
		apt-get install -y -q --no-install-recommends "${packages[@]}"
}

build() {
	local ok=true
	check_go || ok=false
	check_node || ok=false
	$ok || exit 1
	want git have git
	want npm have npm
}

tests() {
	want chromium chromium_browser
	want fontconfig have fc-list
	want fonts-noto-cjk chinese_font
	want poppler-utils have pdftotext
	want libreoffice-writer-nogui have soffice
	want postgresql postgres_found
}

fonts() {
	want fonts-arphic-gbsn00lp face gbsn00lp.ttf  # 宋体
	want fonts-arphic-gkai00mp face gkai00mp.ttf  # 楷体
	want fonts-wqy-microhei face wqy-microhei.ttc # 黑体
	want fonts-babelstone-han face BabelStoneHan.ttf # rare characters
}

postgres_found() { postgres_answers || postgres_server; }

case ${1:-} in
build) build ;;
fonts) fonts ;;
test) build && fonts && tests ;;
check) build && fonts && tests && want gcc have gcc && want libc6-dev test -e /usr/include/stdlib.h ;;
postgres-answers)
	postgres_answers
	exit
	;;
*)
	sed -n '2,/^set /p' "$0" | sed '$d; s/^# \{0,1\}//'
	exit 2
	;;
esac
install_packages
