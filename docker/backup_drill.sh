#!/usr/bin/env bash
# The drill: restore a backup into a scratch home on SQLite, look whether it answers, and throw it away again.
#
#   docker/backup_drill.sh /backups/2026-11-21
#
# Ends with 0 when every row and file came back and every release is whole. Nothing that is in use is touched.
set -euo pipefail

if [[ $# -ne 1 ]]; then
    echo "usage: $0 FOLDER" >&2
    exit 2
fi
backup=$(realpath -- "$1")
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT

unset SONGSPACE_DATABASE_URL SONGSPACE_DATABASE_PASSWORD_FILE
export SONGSPACE_HOME=$scratch/home
songspace restore "$backup"
songspace releases verify
songspace users --k 5
echo "$backup: the drill is passed."
