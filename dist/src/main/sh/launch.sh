# Starts one of Weft's programs on a lean JVM with the ahead-of-time cache that was made for exactly these jars, this JDK
# and these flags, or without a cache. Sourced by the scripts beside it, which set:
#   name   the program: its flags are in ../conf/$name.options, its cache is ../aot/$name-<hash>.aot
#   home   the folder that holds bin, lib, conf and aot, and native, if it has libraries of its own
#   main   the main class and its first arguments
#
# The environment may say:
#   WEFT_JAVA_OPTS       more JVM flags
#   WEFT_DEBUG=1         what is done here is said on standard error
#   WEFT_AOT=off|name|train   start without a cache; print the cache's path; make the cache from this run
#   WEFT_DIE_WITH_STDIN=1     the program is killed when its standard input ends (its parent has died)
# shellcheck shell=sh disable=SC2154

say() { printf '%s: %s\n' "$name" "$*" >&2; }
debug() { [ -z "${WEFT_DEBUG-}" ] || say "$*"; }

# 0 if $1 is the home of a JDK or JRE of version 25 or newer.
usable() {
  [ -x "$1/bin/java" ] && [ -r "$1/release" ] || return 1
  while IFS='=' read -r key value; do
    if [ "$key" = JAVA_VERSION ]; then
      value=${value#\"}
      value=${value%%[!0-9]*}
      [ "${value:-0}" -ge 25 ]
      return
    fi
  done <"$1/release"
  return 1
}

find_java() {
  if [ -n "${JAVA_HOME-}" ] && usable "$JAVA_HOME"; then
    java_home=$JAVA_HOME
    return
  fi
  java_home=$(command -v java 2>/dev/null) && java_home=$(readlink -f "$java_home" 2>/dev/null) || java_home=
  java_home=${java_home%/bin/java}
  [ -n "$java_home" ] && usable "$java_home" && return
  for java_home in /usr/lib/jvm/* /Library/Java/JavaVirtualMachines/*/Contents/Home; do
    usable "$java_home" && return
  done
  say "no Java 25 or newer: set JAVA_HOME to one (looked at JAVA_HOME, the PATH and /usr/lib/jvm)"
  exit 1
}

digest() {
  if command -v sha256sum >/dev/null 2>&1; then sha256sum; else shasum -a 256; fi
}

read_flags() {
  flags=
  while read -r line; do
    case $line in
      '' | '#'*) ;;
      *) flags="$flags $line" ;;
    esac
  done <"$home/conf/$name.options"
}

# In the same order everywhere, because the cache depends on it.
list_jars() {
  saved=${LC_ALL-unset}
  LC_ALL=C
  set -- "$home"/lib/*.jar
  if [ "$saved" = unset ]; then unset LC_ALL; else LC_ALL=$saved; fi
  classpath=
  for jar in "$@"; do classpath="$classpath${classpath:+:}$jar"; done
}

hash_of_all() {
  old_ifs=$IFS
  IFS=:
  # shellcheck disable=SC2086  # split at the colons, on purpose
  set -- $classpath
  IFS=$old_ifs
  # Reading every jar takes longer than starting. The kernel sets a file's change time and nobody else can, so as long as
  # that, inode and size are the same, the content is what it was when it was read last.
  identity=$(stat -L -c '%n %i %s %z' "$home/conf/$name.options" "$java_home/release" "$@" 2>/dev/null) || identity=
  if [ -n "$identity" ] && [ -r "$home/aot/$name.known" ]; then
    {
      read -r hash
      known=$(cat)
    } <"$home/aot/$name.known"
    [ "$known" != "$identity" ] || return 0
  fi
  hash=$(
    {
      printf '%s\n' "$name" "$flags" "$main"
      for jar in "$@"; do printf '%s\n' "${jar##*/}"; done
      cat "$java_home/release" "$@"
    } | digest
  )
  hash=${hash%% *}
  if [ -n "$identity" ] && [ -w "$home/aot" ]; then
    # Moved into place whole: two starts at once may both write it.
    printf '%s\n%s\n' "$hash" "$identity" >"$home/aot/$name.known.$$" &&
      mv "$home/aot/$name.known.$$" "$home/aot/$name.known"
  fi
}

natives=
[ ! -d "$home/native" ] || natives=-Djava.library.path=$home/native
find_java
read_flags
list_jars
cache_flags=
if [ "${WEFT_AOT-}" != off ]; then
  hash_of_all
  cache=$home/aot/$name-$hash.aot
  case ${WEFT_AOT-} in
    name)
      printf '%s\n' "$cache"
      exit 0
      ;;
    train)
      mkdir -p "$home/aot" || exit 1
      rm -f "$home/aot/$name-"*.aot
      # shellcheck disable=SC2086
      "$java_home/bin/java" -XX:AOTCacheOutput="$cache.new" $flags ${WEFT_JAVA_OPTS-} \
        ${natives:+"$natives"} -Dweft.home="$home" -cp "$classpath" $main "$@" &
      child=$!
      trap 'kill -TERM $child' TERM INT
      wait $child
      # A second time, because the first wait ends at the signal.
      wait $child
      [ -f "$cache.new" ] && mv "$cache.new" "$cache"
      exit
      ;;
  esac
  if [ -r "$cache" ]; then
    debug "ahead-of-time cache $cache"
    cache_flags=-XX:AOTCache=$cache
  else
    debug "no ahead-of-time cache $cache: starting without"
  fi
fi

if [ -n "${WEFT_DIE_WITH_STDIN-}" ]; then
  unset WEFT_DIE_WITH_STDIN
  # A background command's own standard input is empty, hence the third descriptor. The shell's process becomes Java's below,
  # so what is killed is Java.
  exec 3<&0
  { cat <&3 >/dev/null; kill -9 $$; } 2>/dev/null &
  exec 3<&-
fi
# shellcheck disable=SC2086  # flags hold no spaces
exec "$java_home/bin/java" ${cache_flags:+"$cache_flags"} $flags ${WEFT_JAVA_OPTS-} \
  ${natives:+"$natives"} -Dweft.home="$home" -cp "$classpath" $main "$@"
