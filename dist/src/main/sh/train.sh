#!/bin/sh
# Makes the ahead-of-time caches of a distribution: train.sh DISTRIBUTION. A cache that is there already fits (its name says
# so) and is kept. A program that cannot be trained here starts without a cache, only slower: that is said, and no error.
home=$1
log=$home/train.log

# What writes a cache needs more memory than what it is for.
export JDK_AOT_VM_OPTIONS='-Xmx512m'

missing() { # SCRIPT ARGUMENTS...
  cache=$(WEFT_AOT=name "$@" 2>/dev/null) && [ ! -f "$cache" ]
}

# train SCRIPT ARGUMENTS...: from a run of its own that only starts and ends.
train() {
  missing "$@" || return
  WEFT_AOT=train "$@" >>"$log" 2>&1 </dev/null
  if missing "$@"; then
    echo "no ahead-of-time cache for ${1##*/}: it will start slower. See $log"
  fi
}

: >"$log"
if missing "$home/bin/weft" || missing "$home/bin/weft" control-plane || missing "$home/sidecar/bin/weft-sidecar"; then
  # All three at work together: see TrainCommand. What that does not get done is made up for below.
  WEFT_AOT=train "$home/bin/weft" train >>"$log" 2>&1 </dev/null
fi
train "$home/bin/weft" version
train "$home/bin/weft" control-plane --help
train "$home/sidecar/bin/weft-sidecar" --help
exit 0
