# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034
# The programs that the lab itself needs on this machine, and the Debian package of each.

prerequisites='mmdebstrap mmdebstrap
systemd-nspawn systemd-container
ip iproute2
createrepo_c createrepo-c
rpmbuild rpm
ssh openssh-client
ssh-keygen openssh-client
nsenter util-linux
unshare util-linux
flock util-linux
setsid util-linux
ps procps
pgrep procps
openssl openssl
/usr/bin/python3 python3
dpkg-deb dpkg'

ensure_prerequisites() {
    local program package missing=()
    while read -r program package; do
        command -v "$program" >/dev/null || missing+=("$package")
    done <<< "$prerequisites"
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || die "the lab needs ${missing[*]} and finds no apt-get to install them with"
    say "installing ${missing[*]}"
    apt-get -q update >/dev/null || die "apt-get update failed; the lab needs ${missing[*]}"
    DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends "${missing[@]}" >/dev/null ||
        die "apt-get could not install ${missing[*]}; install them and try again"
}
