#!/bin/sh
# --help of the entry's own words prints their usage: nothing is installed, configured or built.
# The entry is copied to where nothing is, which neither of these would survive.
# usage: entry_help.sh SOURCE BUILD
folder=$2/entry_help
rm -rf "$folder"
mkdir -p "$folder"
cp "$1/mendel" "$folder/mendel"

# expect <exit code> <first line> <words…>
expect() {
  code=$1 line=$2
  shift 2
  said=$("$folder/mendel" "$@" 2>&1)
  got=$?
  if [ "$got" != "$code" ] || [ "$(printf '%s\n' "$said" | head -n 1)" != "$line" ]; then
    printf './mendel %s: exit code %s, wanted %s and "%s":\n%s\n' "$*" "$got" "$code" "$line" "$said"
    exit 1
  fi
}

for help in --help -h; do
  expect 0 'usage: ./mendel test [--slow] [options of ctest]' test "$help"
  expect 0 'usage: ./mendel test [--slow] [options of ctest]' test --slow "$help"
  expect 0 'usage: ./mendel build' build "$help"
  expect 0 'usage: ./mendel prerequisites' prerequisites "$help"
done
expect 2 'usage: ./mendel build' build everything
expect 2 'usage: ./mendel prerequisites' prerequisites all
if [ -e "$folder/build" ]; then
  echo 'a build folder was made'
  exit 1
fi
