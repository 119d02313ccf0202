#!/usr/bin/env bash
# enter.sh ROOT UID GID CMD…: becomes CMD, with the compilers and libraries of ROOT.
#
# Called as root of a fresh mount namespace (of a user namespace too, for ordinary users). ROOT's /usr and /etc
# are laid over this machine's, in this namespace only; every other folder stays what and where it is. So all
# paths mean the same inside and outside, and because each step execs the next, CMD has the process id, the
# terminal and the standard streams of the ./lab that was called: signals and exit codes need no passing on.
set -euo pipefail

root=$1 uid=$2 gid=$3
shift 3

# Read-only, keeping what the file system is mounted with: an ordinary user may not lift nosuid or nodev.
flags=$(findmnt -n -o VFS-OPTIONS --target "$root" | tr ',' '\n' |
  { grep -xE 'nosuid|nodev|noexec|noatime|nodiratime|relatime' || true; } | paste -sd,)
lay_over() { # SOURCE TARGET
  mount --rbind "$1" "$2"
  mount -o "remount,bind,ro${flags:+,$flags}" "$2"
}

# Names of people and hosts are this machine's.
for file in passwd group hosts hostname resolv.conf; do
  if [[ -f /etc/$file && -f $root/etc/$file && ! -L $root/etc/$file ]]; then
    mount --bind "$(readlink -f "/etc/$file")" "$root/etc/$file"
  fi
done
lay_over "$root/etc" /etc
# apt and dpkg tell what the root has, and cannot touch what the machine has.
for folder in var/lib/dpkg var/lib/apt var/cache/apt; do
  if [[ -d /$folder && -d $root/$folder ]]; then lay_over "$root/$folder" "/$folder"; fi
done
lay_over "$root/usr" /usr
hash -r

# Out and in again: the current folder may have been reached through what is covered now.
cd / && cd -- "$OLDPWD"
if ((uid != 0)); then
  exec unshare --user --map-user="$uid" --map-group="$gid" -- "$@"
fi
exec "$@"
