#!/bin/sh
# finish_root.sh ROOT: the last step of making a root, called by mmdebstrap.
set -eu
root=$1

# enter.sh lays this machine's own files over these, so they must be plain files.
for file in passwd group hosts hostname resolv.conf; do
  if [ -L "$root/etc/$file" ]; then rm "$root/etc/$file"; fi
  [ -e "$root/etc/$file" ] || : >"$root/etc/$file"
done

# Package lists and caches are of no use: a root is never changed.
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*

# Files of the root's other users go to its owner, so that one `rm -rf` by whoever made it removes it all.
# Not into proc, sys and dev: they are mounted while this runs.
chown -hR 0:0 "$root/usr" "$root/etc" "$root/var"
