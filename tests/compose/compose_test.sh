#!/usr/bin/env bash
# Runs the pipeline in containers as docs say, scales evaluators while it evolves, and compares rows and
# digest with a local run of the same experiment.
#   compose_test.sh <project root> <mendel binary>
set -euo pipefail
root=$1 mendel=$2
docker info >/dev/null 2>&1 || { echo "skipped: no Docker engine answers"; exit 77; }
docker compose version >/dev/null 2>&1 || { echo "skipped: no Compose v2"; exit 77; }

work=$(mktemp -d /tmp/mendel-compose-XXXXXX)
export MENDEL_MONITOR_PORT=0 EXPERIMENT=$work/experiment.toml
compose() { docker compose -p "mendel-test-$$" -f "$root/compose/compose.yaml" "$@"; }
finish() {
  local code=$?
  [[ $code == 0 ]] || compose logs --tail 40 2>&1 || true
  compose down --volumes --timeout 20 >/dev/null 2>&1 || true
  rm -rf --one-file-system "$work"
  exit "$code"
}
trap finish EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }
query() { compose exec -T database /usr/lib/postgresql/17/bin/psql -h /tmp -d mendel -AtXqc "$1"; }

# The demo's experiment, long enough to scale while it runs.
sed -e 's/^population *=.*/population = 400/' -e 's/^generations *=.*/generations = 600/' \
  "$root/topology/demo/experiment.toml" >"$EXPERIMENT"
chmod 755 "$work"; chmod 644 "$EXPERIMENT"

echo "building images"
compose build --quiet
echo "starting with four evaluators"
compose up --detach --scale evaluator=4

generation() { query 'SELECT coalesce(max(generation), -1) FROM mendel.generations' 2>/dev/null || echo -1; }
for _ in $(seq 600); do [[ $(generation) -ge 2 ]] && break; sleep 0.2; done
at=$(generation)
[[ $at -ge 2 ]] || fail "no generation was stored"
# However fast the evaluators are, the run must not end before two of them are gone: the
# dispatcher stands still until then, with pieces of work handed out to all four.
compose pause ga_dispatcher
echo "scaling to two evaluators, the dispatcher held after generation $(generation)"
state=$(query "SELECT state FROM mendel.runs")
[[ $state == running ]] || fail "the run was '$state' before evaluators were scaled"
compose up --detach --no-recreate --no-deps --scale evaluator=2 evaluator
[[ $(compose ps --quiet evaluator | wc -l) == 2 ]] || fail "not two evaluators"
compose unpause ga_dispatcher

echo "waiting for the experiment"
container=$(compose ps --all --quiet experiment)
code=$(timeout 900 docker wait "$container")
compose logs --no-log-prefix experiment | tail -n 40
[[ $code == 0 ]] || fail "the experiment ended with $code"

for _ in $(seq 150); do
  [[ $(query 'SELECT count(*) FROM mendel.runs WHERE state = '"'finished'") == 1 ]] && break
  sleep 0.2
done
[[ $(query 'SELECT count(*) FROM mendel.market_data') == 5105 ]] || fail "not 5105 bars"
[[ $(query 'SELECT count(*) FROM mendel.generations') == 600 ]] || fail "not 600 generations"
[[ $(query 'SELECT count(*) FROM mendel.leaderboard') -ge 2 ]] || fail "no leaderboard"
missing=$(query "SELECT count(*) FROM mendel.candidates c WHERE NOT EXISTS
  (SELECT 1 FROM mendel.strategy_metrics m WHERE m.strategy_id = c.strategy_id)")
[[ $missing == 0 ]] || fail "$missing candidates have no metrics"
[[ $(query "SELECT count(*) FROM timescaledb_information.hypertables
            WHERE hypertable_schema = 'mendel'") == 2 ]] || fail "not two hypertables"
[[ $(query "SELECT min(range_end - range_start) >= interval '30 days'
            FROM timescaledb_information.chunks") == t ]] || fail "daily bars in short chunks"
digest=$(query 'SELECT digest FROM mendel.generations ORDER BY generation DESC LIMIT 1')

monitor=$(compose port monitor 9464)
curl -fsS "http://$monitor/metrics" >"$work/metrics"
grep -q '^mendel_stage_up{.*stage="results_writer".*} 1' "$work/metrics" ||
  fail "monitor does not see results_writer"

echo "the same experiment as local processes"
unset NEON_CONNECTION_STRING MENDEL_MONITOR_PORT
"$mendel" ingest "$root/topology/demo/sp500_1d.csv" --symbol SP500 --timeframe 1d \
  --source vega-datasets --state "$work/state"
"$mendel" evolve "$EXPERIMENT" --json --state "$work/state" >"$work/local.json"
local_digest=$(grep -oE '"digest": *"[0-9a-f]{64}"' "$work/local.json" | head -n 1 | grep -oE '[0-9a-f]{64}')
[[ $digest == "$local_digest" ]] || fail "digest $digest in containers, $local_digest locally"
echo "the same digest: $digest"
