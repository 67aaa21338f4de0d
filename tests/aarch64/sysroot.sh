#!/usr/bin/env bash
# Unpacks arm64 packages and all that they depend on into a folder: sysroot.sh <folder> <package>…
# They come from this machine's apt sources, with a state of apt's own, so that nothing is installed
# and dpkg's architectures stay as they are. A folder that has these packages already is kept.
set -euo pipefail

sysroot=$(realpath -m -- "$1")
shift
wanted="$*"
[ "$(cat "$sysroot/.packages" 2>/dev/null)" != "$wanted" ] || exit 0

mkdir -p "$(dirname "$sysroot")"
work=$(mktemp -d "$sysroot.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
mkdir -p "$work"/state/lists/partial "$work"/cache/archives/partial "$work"/new/usr/lib
touch "$work/state/status"

# Hooks of the machine (they tend its own caches) stay out. A private folder is closed to apt's
# unprivileged user; signatures are verified as ever.
cat >"$work/apt.conf" <<CONF
#clear APT::Update;
#clear APT::Architectures;
APT::Architecture "arm64";
APT::Architectures { "arm64"; };
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Acquire::Languages "none";
Dir::State "$work/state";
Dir::State::status "$work/state/status";
Dir::Cache "$work/cache";
Dir::Log "$work";
CONF
# Sources without arm64 may fail; what counts is whether the packages come.
apt-get -c "$work/apt.conf" update -qq >"$work/log" 2>&1 || true
if ! apt-get -c "$work/apt.conf" install -qq -y --download-only "$@" >>"$work/log" 2>&1; then
  grep -E '^[EW]:' "$work/log" >&2
  exit 1
fi

# Packages of before and after the merge of /lib into /usr end in one place.
ln -s usr/lib "$work/new/lib"
for package in "$work"/cache/archives/*.deb; do
  dpkg-deb --fsys-tarfile "$package" |
    tar -x -C "$work/new" --no-same-owner --keep-directory-symlink --exclude=./usr/share/doc
done
# Links from the root would lead out of the folder, to the host's own libraries.
find "$work/new" -type l -lname '/*' | while IFS= read -r link; do
  ln -sfnr "$work/new$(readlink "$link")" "$link"
done
echo "$wanted" >"$work/new/.packages"
rm -rf --one-file-system "$sysroot"
mv "$work/new" "$sysroot"
