#!/bin/sh
# Entry point of the database image: makes the cluster, its password and the connection string at
# the first start, then runs PostgreSQL 17 with TimescaleDB preloaded.
set -eu
data=/var/lib/mendel-database/17
secret=/run/mendel-secret/dsn
bin=/usr/lib/postgresql/17/bin

if [ ! -s "$data/PG_VERSION" ]; then
  password=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')
  "$bin/initdb" --pgdata="$data" --username=postgres --auth-local=peer \
    --auth-host=scram-sha-256 --encoding=UTF8 --locale=C --data-checksums > /dev/null
  {
    echo "listen_addresses = '*'"
    echo "unix_socket_directories = '/tmp'"
    echo "shared_preload_libraries = 'timescaledb'"
    echo "timescaledb.telemetry_level = off"
    echo "log_min_messages = warning"
  } >> "$data/postgresql.conf"
  echo "host mendel mendel all scram-sha-256" >> "$data/pg_hba.conf"
  "$bin/pg_ctl" -D "$data" -o "-c listen_addresses=''" -w -l /tmp/init.log start > /dev/null
  "$bin/psql" -h /tmp -d postgres -v ON_ERROR_STOP=1 -q <<SQL
CREATE ROLE mendel LOGIN PASSWORD '$password';
CREATE DATABASE mendel OWNER mendel;
\c mendel
CREATE EXTENSION timescaledb;
SQL
  "$bin/pg_ctl" -D "$data" -w -m fast stop > /dev/null
  umask 033
  # Without TLS: it is reached over a network of these containers alone.
  echo "host=database dbname=mendel user=mendel password=$password sslmode=disable" > "$secret.tmp"
  mv "$secret.tmp" "$secret"
fi
exec "$bin/postgres" -D "$data"
