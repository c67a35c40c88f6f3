# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034
# Flavours: a layer over the base that makes it CentOS 7 or plain Debian, with a package repository of its own.

find_flavour() {
    find_base
    [ -d "$recipe_dir/$1" ] || die "there is no flavour '$1'; choose centos or debian"
    flavour_dir=$cache_dir/$1-$(hash_of "$1")
}

ensure_flavour() {
    ensure_base
    find_flavour "$1"
    [ -d "$flavour_dir" ] || with_lock "$cache_dir/lock" build_flavour "$1"
    # shellcheck disable=SC2034
    lab_layers=$flavour_dir/layer:$base_dir/root
}

build_flavour() {
    [ ! -d "$flavour_dir" ] || return 0
    local work=$cache_dir/building.$1 started=$SECONDS
    say "building the $1 layer (log: $work/log)"
    rm -rf --one-file-system "$work"; mkdir -p "$work/layer"
    recipe=$recipe_dir/$1 base=$base_dir work=$work "$recipe_dir/$1/repository" > "$work/log" 2>&1 ||
        die "the $1 packages could not be built: $(tail -1 "$work/log") (whole log: $work/log)"
    recipe=$recipe_dir/$1 run_layered "$base_dir/root" "$work/layer" "$recipe_dir/$1/layer" >> "$work/log" 2>&1 ||
        die "the $1 layer could not be built: $(tail -1 "$work/log") (whole log: $work/log)"
    mv "$work" "$flavour_dir"
    say "the $1 layer is ready after $((SECONDS - started)) s"
}

# Drop built roots that are neither today's recipe nor used by a lab.
clean_cache() {
    local dir used
    used=$(cat "$run_dir"/*/lab.conf 2>/dev/null | grep '^lab_layers=' || true)
    find_base
    used+=" $base_dir"
    for dir in centos debian; do find_flavour "$dir"; used+=" $flavour_dir"; done
    for dir in "$cache_dir"/*-*/; do
        dir=${dir%/}
        case $used in *"$dir"*) continue ;; esac
        [ -d "$dir" ] || continue
        say "removing $dir"
        rm -rf --one-file-system "$dir"
    done
}
