#!/usr/bin/env bash
# Puts this bundle together, checks and times its backends, and leaves the run report. No network is needed.
#
#   ./run.sh [FOLDER] [ARGUMENTS…]     FOLDER: where it is put together, ./unpacked by default
#                                      ARGUMENTS: more of etalon check, as in --operation 'conv2d*'
#
# CUDA's libraries are taken from the bundle, else from this machine: its Python packages of NVIDIA, its toolkit, its system.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=${1:-$here/unpacked}
shift || true
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)

cd "$here"
. ./bundle.env
if [ "$(cat "$folder/.complete" 2>/dev/null)" != "$IDENTITY" ]; then
  echo "verifying the parts"
  sha256sum --check --quiet SHA256SUMS
  echo "unpacking into $folder"
  rm -rf "$folder/node" "$folder/project" "$folder/cache"
  cat node.part-* | tar -xz -C "$folder"
  unpack='require("node:stream").pipeline(process.stdin, require("node:zlib").createZstdDecompress(), process.stdout, (error) => { if (error) throw error; })'
  cat etalon.part-* | "$folder/node/bin/node" -e "$unpack" | tar -x -C "$folder"
  echo "$IDENTITY" > "$folder/.complete"
fi

export ETALON_CACHE="$folder/cache"
cd "$folder"
start=("$folder/node/bin/node")
case "$ENTRY" in *.ts) start+=(--import tsx) ;; esac
start+=("$folder/project/$ENTRY")
# Node looks for tsx from the folder that it is started in.
cd "$(dirname "$folder/project/$ENTRY")"

"${start[@]}" backends ${BACKENDS//,/ } --list || true
status=0
"${start[@]}" check --bench --backend "$BACKENDS" --output "$folder/report" "$@" || status=$?
echo "run report: $folder/report/run.json"
exit "$status"
