#!/usr/bin/env bash
# What the check image runs: the tests, and those that have a PostgreSQL of their own once more on
# TimescaleDB's hypertables (PostgreSQL 17, Apache edition: what Neon has). Those of migrations
# make tables of their own and say what plain tables do.
set -euo pipefail
ctest --preset release -j2 -LE 'slow|tidy|compose'
MENDEL_TEST_POSTGRES=shared_preload_libraries=timescaledb ctest --preset release -j2 -L server -E '^MigrationsTest'
