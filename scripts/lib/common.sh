# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Messages, prerequisites and the build, shared by scripts/{build,test,demo,bench}.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

step() { printf '\n== %s  (%s)\n' "$*" "$(date +%H:%M:%S)"; }
note() { printf '   %s\n' "$*"; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# need PACKAGE...: installs the Debian packages that are missing.
need() {
    local package missing=()
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || die "these packages are missing and there is no apt-get: ${missing[*]}"
    [ "$(id -u)" = 0 ] || die "run this as root, or install first: apt-get install ${missing[*]}"
    note "installing with apt-get: ${missing[*]}"
    apt-get -q update >/dev/null || die "apt-get update failed; is there a package mirror within reach?"
    DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends "${missing[@]}" >"${TMPDIR:-/tmp}/fprov-apt.log" 2>&1 ||
        { tail -n 20 "${TMPDIR:-/tmp}/fprov-apt.log" >&2; die "apt-get could not install: ${missing[*]}"; }
}

# docs/dependencies.md gives the reason for each.
build_packages='cmake ninja-build ccache g++ pkg-config libssh-dev libyaml-cpp-dev libfmt-dev libboost-dev doctest-dev libpcre2-dev libssl-dev
libcli11-dev zlib1g-dev libcrypt-dev'
oracle_packages='ansible ansible-core python3-yaml python3-jinja2 python3-jmespath python3-passlib python3-pip python3-venv cron git rsync sshpass'

# build NAME [CMake options] -- [targets]: configures build/NAME once and builds.
build() {
    local name=$1 options=() ; shift
    while [ $# -gt 0 ] && [ "$1" != -- ]; do options+=("$1"); shift; done
    [ $# -eq 0 ] || shift
    # shellcheck disable=SC2086
    need $build_packages
    local folder=$top/build/$name
    cmake -S "$top" -B "$folder" -G Ninja "${options[@]}" >"$top/build/$name.configure.log" 2>&1 || { cat "$top/build/$name.configure.log" >&2; die "CMake could not configure build/$name"; }
    cmake --build "$folder" ${1:+--target "$@"} || die "the build of build/$name failed"
}

release_build() { mkdir -p "$top/build"; build release -DCMAKE_BUILD_TYPE=Release -- "$@"; }
