/**
 * What runs inside a space. Plain POSIX sh with programs that busybox and coreutils both have; values come as
 * arguments and are never part of the text. Ends with one of the statuses of refusal.ts.
 */

/** Why a path is not there. */
const absent = `
absent() {
  m=$(stat -L "$1" 2>&1 >/dev/null)
  case $m in
    *"ermission denied"*) exit 43 ;;
    *"ot a directory"*) exit 44 ;;
    *"ymbolic link"*) exit 45 ;;
    *"ame too long"*) exit 46 ;;
  esac
  exit 40
}`;

/** What is not writable, or is on a file system that is not. */
const denied = `
denied() {
  m=$(touch -c "$1" 2>&1)
  case $m in *"ead-only"*) exit 59 ;; esac
  exit 43
}`;

const regular = `${absent}
regular() {
  [ -e "$1" ] || absent "$1"
  [ -d "$1" ] && exit 41
  [ -f "$1" ] || exit 42
  [ -r "$1" ] || exit 43
}`;

/** Sets t to what the links in $1 lead to. */
const resolve = `
resolve() {
  t=$1
  n=0
  while [ -L "$t" ]; do
    n=$((n + 1))
    [ "$n" -gt 40 ] && exit 45
    l=$(readlink "$t" && printf x)
    l=\${l%x}
    l=\${l%"
"}
    case $l in
      /*) t=$l ;;
      *) t=\${t%/*}/$l ;;
    esac
  done
}`;

/**
 * path, hash (always, or up to so many bytes), unit, first, count, bytes at most: a line of facts, then the content. The
 * path is opened once, and what it may name later is of no account; only a pipe would hold up the opening.
 */
export const readScript = `${regular}
file=/proc/self/fd/3
part() {
  regular "$file"
  size=$(stat -L -c %s "$file") || exit 43
  sum=-
  hash=
  if [ "$2" = always ]; then
    hash=1
  elif [ "$size" -gt 0 ]; then
    [ "$size" -le "$2" ] && hash=1
  else
    # what the kernel makes up says that it is empty, and may have no end
    [ "$(head -c 1 "$file" | wc -c)" -eq 0 ] && hash=1
  fi
  if [ -n "$hash" ]; then
    sum=$(sha256sum < "$file") || exit 51
    sum=\${sum%% *}
  fi
  printf '%s %s\\n' "$size" "$sum"
  if [ "$3" = lines ]; then
    tail -n "+$4" "$file" | head -n "$5" | head -c "$6"
  else
    tail -c "+$4" "$file" | head -c "$6"
  fi
  exit
}
regular "$1"
part "$@" 3< "$1"
regular "$1"
exit 43`;

/**
 * path, mode, if_match or -, parents (yes, no), name of the temporary file, size, up to how many bytes to hash after an
 * append: content comes on standard input.
 */
export const writeScript = `${absent}${denied}${resolve}
resolve "$1"
[ -d "$t" ] && exit 41
dir=\${t%/*}
[ -n "$dir" ] || dir=/
# whatever the links on the way are changed to, everything happens in this one directory
[ -d "$dir" ] && cd -P "$dir" && dir=. && t=./\${t##*/}
old=
if [ -e "$t" ]; then
  [ -f "$t" ] || exit 42
  [ "$2" = create ] && exit 47
  [ -w "$t" ] || denied "$t"
  old=1
elif [ ! -d "$dir" ]; then
  [ -e "$dir" ] && exit 44
  if [ "$4" = yes ]; then
    mkdir -p "$dir" || exit 51
  else
    m=$(stat -L "$dir" 2>&1 >/dev/null)
    case $m in *"ermission denied"*) exit 43 ;; *"ot a directory"*) exit 44 ;; esac
    exit 48
  fi
fi
beside=1
tmp=$dir/$5
if [ ! -w "$dir" ] || [ ! -x "$dir" ]; then
  [ -n "$old" ] || denied "$dir"
  beside=
  tmp=\${TMPDIR:-/tmp}/$5
fi
trap 'rm -f "$tmp" "$tmp.old"' EXIT
trap 'exit 1' HUP INT TERM
cat > "$tmp" || exit 51
[ $(wc -c < "$tmp") -eq "$6" ] || exit 50
# last, so that next to nothing comes between
if [ "$3" != - ]; then
  [ -n "$old" ] || { echo none; exit 49; }
  sum=$(sha256sum < "$t") || exit 43
  sum=\${sum%% *}
  [ "$sum" = "$3" ] || { echo "$sum"; exit 49; }
fi
if [ -n "$old" ] && [ "$2" = append ]; then
  size=$(stat -c %s "$t") || exit 51
  # of a disk that is full, half of it must not stay
  cat "$tmp" >> "$t" || { dd if=/dev/null of="$t" bs=1 count=0 seek="$size" 2>/dev/null; exit 51; }
elif [ -n "$old" ]; then
  if [ -n "$beside" ] && chown "$(stat -c %u:%g "$t")" "$tmp" 2>/dev/null &&
    chmod "$(stat -c %a "$t")" "$tmp" && mv -f "$tmp" "$t" 2>/dev/null; then :; else
    # in place, because nothing can take its place: with a way back
    cat "$t" > "$tmp.old" || exit 51
    cat "$tmp" > "$t" || { cat "$tmp.old" > "$t"; exit 51; }
  fi
elif [ "$2" = create ]; then
  if ! ln "$tmp" "$t" 2>/dev/null; then
    [ -e "$t" ] && exit 47
    mv "$tmp" "$t" || exit 51
  fi
else
  mv -f "$tmp" "$t" || exit 51
fi
if [ "$2" = append ]; then
  [ "$(stat -c %s "$t")" -gt "$7" ] || { sum=$(sha256sum < "$t") && echo "\${sum%% *}"; }
fi
exit 0`;

/** path, name of the temporary file: removes what a killed write may have left. */
export const sweepScript = `${resolve}
resolve "$1"
for dir in "\${t%/*}" "\${TMPDIR:-/tmp}"; do rm -f "$dir/$2" "$dir/$2.old"; done`;

/** path: what would be lost, as number of entries and kilobytes, or nothing for what needs no confirmation. */
export const weighScript = `${absent}
[ -e "$1" ] || [ -L "$1" ] || absent "$1"
if [ -L "$1" ] || [ ! -d "$1" ]; then exit 0; fi
count=$(find "$1" -mindepth 1 -print0 2>/dev/null | tr -dc '\\000' | wc -c)
[ "$count" -eq 0 ] && exit 0
kilobytes=$(du -sk "$1" 2>/dev/null | cut -f 1)
echo $count \${kilobytes:-0}`;

/** path, recursive (yes, no). */
export const deleteScript = `${absent}
busy() {
  m=$(rmdir "$1" 2>&1)
  case $m in *busy*) exit 61 ;; esac
}
[ -e "$1" ] || [ -L "$1" ] || absent "$1"
if [ -L "$1" ] || [ ! -d "$1" ]; then
  rm -f "$1" || exit 51
elif [ "$2" = yes ]; then
  rm -rf "$1" || { [ -r "$1" ] && [ -z "$(find "$1" -mindepth 1 -maxdepth 1 | head -c 1)" ] && busy "$1"; exit 62; }
else
  [ -r "$1" ] || exit 43
  [ -z "$(find "$1" -mindepth 1 -maxdepth 1 | head -c 1)" ] || exit 52
  rmdir "$1" || exit 51
fi`;

/** from, to, overwrite (yes, no). */
export const moveScript = `${absent}
[ -e "$1" ] || [ -L "$1" ] || absent "$1"
[ ! -L "$1" ] && [ ! -L "$2" ] && [ "$1" -ef "$2" ] && exit 57
if [ -d "$2" ] && [ ! -L "$2" ]; then exit 53; fi
dir=\${2%/*}
[ -n "$dir" ] || dir=/
[ -d "$dir" ] || exit 48
if [ -d "$1" ] && [ ! -L "$1" ]; then
  n=0
  up=$dir
  until [ "$up" -ef / ] || [ "$n" -gt 200 ]; do
    [ "$up" -ef "$1" ] && exit 58
    up=$up/..
    n=$((n + 1))
  done
  if [ "$3" = yes ] && { [ -e "$2" ] || [ -L "$2" ]; }; then exit 60; fi
fi
if [ "$3" = yes ]; then
  if [ -d "$2" ]; then exit 53; fi
  mv -f "$1" "$2" || exit 51
  exit 0
fi
if [ -e "$2" ] || [ -L "$2" ]; then exit 47; fi
mv -n "$1" "$2" || exit 51
if [ -e "$1" ] || [ -L "$1" ]; then exit 47; fi
exit 0`;

/** mark, path, kind (directory, any), then an expression of find: one record for each file that fits. */
export const findScript = `${absent}
[ -e "$2" ] || [ -L "$2" ] || absent "$2"
if [ "$3" = directory ] && [ ! -d "$2" ]; then exit 54; fi
if [ -d "$2" ] && { [ ! -r "$2" ] || [ ! -x "$2" ]; }; then exit 43; fi
mark=$1
path=$2
shift 3
find -H "$path" "$@" -exec stat -c "$mark %f %s %Y %n" {} +`;

/**
 * mark, pattern, path, options of grep, name to go on with or nothing, then an expression of find: in the order of names
 * a header for each file that matches, then its lines. busybox does not tell binary files from text, so they are left
 * out here.
 */
export const grepScript = `${absent}
[ -e "$3" ] || absent "$3"
if [ -d "$3" ]; then
  [ -r "$3" ] && [ -x "$3" ] || exit 43
else
  [ -f "$3" ] || exit 42
  [ -r "$3" ] || exit 43
  [ "$(head -c 8192 "$3" | tr -dc '\\000' | wc -c)" -eq 0 ] || exit 56
fi
mark=$1
pattern=$2
path=$3
options=$4
after=$5
shift 5
printf 'x\\n' | grep $options -e "$pattern" >/dev/null
[ $? -lt 2 ] || exit 55
sort -z < /dev/null || exit 127
find -H "$path" "$@" -print0 | sort -z | xargs -0 sh -c '
mark=$1
pattern=$2
options=$3
after=$4
shift 4
[ $# -gt 0 ] || exit 0
before() {
  [ -n "$after" ] && [ "$1" \\< "$after" ] 2>/dev/null
}
eval last=\\\${$#}
before "$last" && exit 0
show() {
  before "$1" && return 0
  [ "$(head -c 8192 "$1" | tr -dc "\\000" | wc -c)" -eq 0 ] || return 0
  printf "%s %s\\000\\n" "$mark" "$1"
  grep $options -n -e "$pattern" "$1" 2>/dev/null | cut -b 1-2000
}
case "$*" in
  *"
"*)
    for file in "$@"; do
      grep $options -q -e "$pattern" "$file" 2>/dev/null && show "$file"
    done
    ;;
  *)
    grep $options -l -e "$pattern" "$@" 2>/dev/null | while IFS= read -r file; do show "$file"; done
    ;;
esac
exit 0' sh "$mark" "$pattern" "$options" "$after"`;
