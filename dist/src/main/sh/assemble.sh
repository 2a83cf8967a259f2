#!/bin/sh
# Lays the distribution out: assemble.sh SOURCE TARGET SIDECAR_MODULE CLI_MODULE MANIFESTS. Of each module's build folder its
# jar is copied, and the jars that its dependencies.classpath names. Caches that still fit are kept: their names say what they fit.
set -eu
source=$1 target=$2 sidecar=$3 cli=$4 manifests=$5

# Needed to compile, or to run what the sidecar never calls; kept out of its folder.
left_out='annotations-[0-9]|animal-sniffer|jsr305|j2objc|listenablefuture|error_prone|proto-google-common|netty-codec-socks|netty-handler-proxy|grpc-context-|prometheus-metrics-exposition-formats'

copy_jars() { # BUILD_FOLDER TARGET_FOLDER EXCLUDED
  mkdir -p "$2"
  rm -f "$2"/*.jar
  cp "$1"/weft-*.jar "$2/"
  { tr ':' '\n' <"$1/dependencies.classpath" && echo; } | while read -r jar; do
    [ -n "$jar" ] || continue
    if [ -n "$3" ] && printf '%s\n' "${jar##*/}" | grep -Eq "^($3)"; then continue; fi
    cp "$jar" "$2/"
  done
  # The JVM refuses a cache whose jars have another time than when it was made; the name of the cache holds the jars'
  # content, so their time may be any, and must only stay the same from build to build.
  touch -t 202601010000 "$2"/*.jar
}

# Netty's native libraries beside the jars: it would write them to /tmp at every start, and go without where that is read-only.
unpack_natives() { # JARS_FOLDER TARGET_FOLDER
  rm -rf "$2"
  jar=${JAVA_HOME:+$JAVA_HOME/bin/}jar
  command -v "$jar" >/dev/null 2>&1 || return 0
  mkdir -p "$2"
  jars=$(cd "$1" && pwd)
  for each in "$jars"/netty-*-linux-*.jar; do
    (cd "$2" && "$jar" xf "$each" META-INF/native && mv META-INF/native/*.so . && rm -r META-INF)
  done
}

mkdir -p "$target/bin" "$target/conf" "$target/sidecar/bin" "$target/sidecar/conf"
copy_jars "$cli" "$target/lib" ''
copy_jars "$sidecar" "$target/sidecar/lib" "$left_out"
unpack_natives "$target/sidecar/lib" "$target/sidecar/native"
cp "$source/sh/weft" "$source/sh/launch.sh" "$target/bin/"
cp "$source/sh/weft-sidecar" "$source/sh/launch.sh" "$target/sidecar/bin/"
cp "$source/options/weft.options" "$source/options/weft-control-plane.options" "$target/conf/"
cp "$source/options/weft-sidecar.options" "$target/sidecar/conf/"
chmod 755 "$target/bin/weft" "$target/sidecar/bin/weft-sidecar"
rm -rf "$target/k8s"
cp -R "$manifests" "$target/k8s"
