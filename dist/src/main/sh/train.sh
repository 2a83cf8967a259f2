#!/bin/sh
# Makes the ahead-of-time caches of a distribution: train.sh DISTRIBUTION. A cache that is there already fits (its name says
# so) and is kept. A program that cannot be trained here starts without a cache, only slower: that is said, and no error.
home=$1

train() { # SCRIPT ARGUMENTS...
  cache=$(WEFT_AOT=name "$@") || return
  [ -f "$cache" ] && return
  if ! JDK_AOT_VM_OPTIONS='-Xmx512m' WEFT_AOT=train "$@" >"$home/train.log" 2>&1 </dev/null || [ ! -f "$cache" ]; then
    echo "no ahead-of-time cache for ${1##*/}: it will start slower. See $home/train.log"
  fi
}

train "$home/bin/weft" version
train "$home/bin/weft" control-plane --help
train "$home/sidecar/bin/weft-sidecar" --help
exit 0
