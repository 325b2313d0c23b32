#!/usr/bin/env bash
# Builds @tensorflow/tfjs-node into a folder, against the TensorFlow C library out of the TensorFlow Python wheel: its
# own download of libtensorflow is out of reach of many machines. Prints why and ends with 1 where it cannot be done.
#
#   .ci/tfjs-node.sh FOLDER [download | build]
#
# `download` gets what comes over the network, `build` does the rest, each within FTTE_TFJS_NODE_SECONDS; without either
# it does both. Needs python3 with pip, node, npm, g++, make and about 3 GB of disk while it runs.
set -euo pipefail

folder=${1:?usage: .ci/tfjs-node.sh FOLDER [download | build]}
part=${2:-all}
tfjs=4.22.0
tensorflow=2.21.0
limit=${FTTE_TFJS_NODE_SECONDS:-240}
ends=$((SECONDS + limit))

give_up() {
  echo "tfjs-node is not built: $1"
  exit 1
}
# Runs a command in what is left of the time, silently.
within() {
  local left=$((ends - SECONDS)) what=$1
  shift
  [ "$left" -gt 0 ] || give_up "the $limit seconds are over before $what"
  timeout "$left" "$@" >"$log" 2>&1 &
  wait $! && return
  [ $? = 124 ] && give_up "$what did not end within the $limit seconds of FTTE_TFJS_NODE_SECONDS"
  give_up "$what failed: $(tail -n 1 "$log" | cut -c1-200)"
}

mkdir -p "$folder/scratch"
folder=$(cd "$folder" && pwd)
scratch="$folder/scratch"
log=$(mktemp)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -f "$log"' EXIT
trap 'exit 1' INT TERM
for tool in python3 node npm g++ make; do command -v "$tool" >/dev/null || give_up "$tool is missing"; done
[ "$(uname -s)" = Linux ] || give_up "this recipe is for Linux"

if [ "$part" != build ]; then
  within "pip download of tensorflow $tensorflow" python3 -m pip download --quiet --no-deps --only-binary=:all: \
    --dest "$scratch" "tensorflow==$tensorflow"
  echo '{"private": true}' >"$folder/package.json"
  within "npm install of tfjs-node $tfjs" npm install --prefix "$folder" --ignore-scripts --no-audit --no-fund \
    "@tensorflow/tfjs-node@$tfjs" node-gyp
fi
[ "$part" != download ] || exit 0
module="$folder/node_modules/@tensorflow/tfjs-node"
deps="$module/deps"
mkdir -p "$deps/lib" "$deps/include"
cat >"$scratch/unpack.py" <<'PYTHON'
import glob, sys, zipfile
needed = ('libtensorflow_cc.so.2', 'libtensorflow_framework.so.2', 'include/tensorflow/c/',
          'include/tensorflow/core/platform/ctstring', 'include/tensorflow/tsl/', 'include/tsl/', 'include/xla/tsl/')
with zipfile.ZipFile(glob.glob(sys.argv[1] + '/tensorflow-*.whl')[0]) as wheel:
    for name in wheel.namelist():
        if name.removeprefix('tensorflow/').startswith(needed):
            wheel.extract(name, sys.argv[1])
PYTHON
within "unpacking the wheel" python3 "$scratch/unpack.py" "$scratch"
rm "$scratch"/tensorflow-*.whl
mv "$scratch"/tensorflow/lib*.so.2 "$deps/lib/"
cp -r "$scratch"/tensorflow/include/* "$deps/include/"
ln -sf libtensorflow_cc.so.2 "$deps/lib/libtensorflow.so"
ln -sf libtensorflow_cc.so.2 "$deps/lib/libtensorflow.so.2"
ln -sf libtensorflow_cc.so.2 "$deps/lib/libtensorflow.so.2.9.1"
ln -sf libtensorflow_framework.so.2 "$deps/lib/libtensorflow_framework.so"

# The headers of this Node.js lie beside it where it comes as an archive; else node-gyp fetches them.
prefix=$(dirname "$(dirname "$(node -p process.execPath)")")
headers=()
[ -f "$prefix/include/node/node_api.h" ] && headers=("--nodedir=$prefix")
cd "$module"
version=$(node -p "process.versions.napi < 8 ? process.versions.napi : 8")
within "building the addon" node "$folder/node_modules/node-gyp/bin/node-gyp.js" rebuild "${headers[@]}" \
  --module_name=tfjs_binding "--module_path=$module/lib/napi-v$version" "--napi_version=$version" \
  "--napi_build_version=$version"
# Node.js 23 took two functions away that the package calls before anything else.
within "loading the addon" env TF_CPP_MIN_LOG_LEVEL=3 node -e "
  const util = require('node:util');
  util.isNullOrUndefined ??= (value) => value == null;
  util.isArray ??= Array.isArray;
  const tf = require('$module');
  if (tf.tidy(() => tf.add(1, 1).dataSync()[0]) !== 2) throw new Error('1 + 1 is not 2');
"
rm -rf "$scratch"
echo "tfjs-node $tfjs over tensorflow $tensorflow in $folder ($((limit - (ends - SECONDS))) s)"
