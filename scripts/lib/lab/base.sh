# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034
# The base: one Debian root that all hosts share, read-only, under an overlay. Built once, named by its recipe's hash.

recipe_dir=$lab_lib/recipe

hash_of() { (cd "$recipe_dir" && find "$@" -type f | LC_ALL=C sort | xargs sha256sum; printf '%s\n' "${base_id:-}") | sha256sum | cut -c1-12; }

find_base() {
    base_id=''
    base_id=$(hash_of base)
    base_dir=$cache_dir/base-$base_id
}

# The machine's own sources of Debian packages, as apt sees them, serve the base as well.
debian_sources() {
    # shellcheck disable=SC2016
    apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian'
}

write_sources() {
    debian_sources > "$1"
    [ -s "$1" ] || { say "fetching the package lists"; apt-get -q update >/dev/null || true; debian_sources > "$1"; }
    [ -s "$1" ] || die "apt knows no Debian package source; the base is built from this machine's own sources"
    grep -q ' bookworm ' "$1" || die "the base is Debian 12 (bookworm), but this machine's apt sources do not offer it"
}

ensure_base() {
    find_base
    [ ! -d "$base_dir" ] || return 0
    mkdir -p "$cache_dir"
    with_lock "$cache_dir/lock" build_base
}

build_base() {
    [ ! -d "$base_dir" ] || return 0
    local work=$cache_dir/building.base packages started=$SECONDS
    rm -rf --one-file-system "$work"; mkdir -p "$work"
    write_sources "$work/sources"
    packages=$(grep -hv '^#' "$recipe_dir/base/packages" | tr -s ' \n' ',,')
    say "building the base root with mmdebstrap, about half a minute, once (log: $work/log)"
    # shellcheck disable=SC2016
    unshare --mount --propagation private mmdebstrap --quiet --variant=apt --mode=root --include="$packages" \
        --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt=force-unsafe-io \
        --customize-hook="$recipe_dir/base/customize"' "$1"' \
        bookworm "$work/root" "$work/sources" > "$work/log" 2>&1 ||
        die "mmdebstrap failed: $(grep '^E:' "$work/log" | head -1) (whole log: $work/log)"
    local tree=$work/root
    mv "$tree/lab-debs" "$work/debs"
    mv "$work" "$base_dir"
    say "the base is ready after $((SECONDS - started)) s: $base_dir"
}

# run_layered LOWER UPPER COMMAND…: COMMAND (run by bash, in $root the merged tree) writes into UPPER, over LOWER.
run_layered() {
    local lower=$1 upper=$2 spare=$2.spare; shift 2
    mkdir -p "$upper" "$spare/work" "$spare/root"
    # shellcheck disable=SC2016
    env lower="$lower" upper="$upper" spare="$spare" root="$spare/root" unshare --mount --propagation private \
        bash -euc 'mount -t overlay overlay -o "lowerdir=$lower,upperdir=$upper,workdir=$spare/work,volatile" "$root"
                   mount -t proc proc "$root/proc"; mount -t devpts -o ptmxmode=666 devpts "$root/dev/pts"
                   "$@"' lab "$@" || return 1
    rm -rf --one-file-system "$spare"
}
