#!/usr/bin/env bash
# The entry point of an external grader: reads /grade/student and /grade/data/data.json, writes /grade/results/results.json.
# It lies in the course's serverFilesCourse/etalon, beside the assignment and a package of Etalon that the image has installed.
set -uo pipefail
root="${GRADE_ROOT:-/grade}"
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
etalon="${ETALON:-etalon}"
variant="$(node -p "JSON.parse(require('node:fs').readFileSync('$root/data/data.json', 'utf8')).variant_seed" 2>/dev/null)"
secret=()
if [ -e "$here/secret.txt" ]; then
  chmod 600 "$here/secret.txt"
  secret=(--secret "$here/secret.txt")
fi
mkdir -p "$root/results"
$etalon grade "$root/student" --assignment "$here/assignment" --student "variant-${variant:-unknown}" \
  "${secret[@]}" --isolation otherUser --format prairielearn --output "$root/results/results.json"
status=$?
if [ "$status" -gt 1 ]; then
  printf '{"gradable": false, "format_errors": ["The grader could not grade this submission (exit code %d). It is not your fault; tell your teacher."]}\n' "$status" > "$root/results/results.json"
fi
