#!/bin/sh
# The main job, start to end, in the folder demo/: each command, and below it what it gave.
# Usage: sh examples/demo.sh FOLDER-OF-PROGRAMS   (of a virtual environment that has provkit)
set -eu

repository=$(cd "$(dirname "$0")/.." && pwd)
PATH="$1:$PATH"
unset PROVKIT_STORE

rm -rf "$repository/demo"
mkdir "$repository/demo"
cd "$repository/demo"
cp "$repository/examples/wine_quality/train.py" .

run() {
    printf '\n$'
    for word in "$@"; do
        case $word in
            *[!A-Za-z0-9_./=+-]*) printf " '%s'" "$word" ;;
            *) printf ' %s' "$word" ;;
        esac
    done
    printf '\n'
    "$@"
}

run provkit capture --name demo --tag example train.py --trees 50
run provkit show last
run provkit lineage last forest_accuracy
run provkit query 'SELECT DISTINCT ?file ?bytes WHERE {
  ?score rdfs:label "forest_accuracy@1" ; prov:wasDerivedFrom+ ?state .
  ?state a repr:File ; rdfs:label ?file ; prov:specializationOf ?bytes }'
run provkit lineage last forest_accuracy -o forest_accuracy.svg
run provkit export last -f turtle -o trial.ttl
run provkit export last -f prov-json -o trial.json
run provkit trials
run ls -l trial.ttl trial.json forest_accuracy.svg results
printf '\nEverything is in %s\n' "$repository/demo"
