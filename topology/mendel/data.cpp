#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "shared/config/value.hpp"
#include "shared/database/connection.hpp"
#include "shared/database/migrations.hpp"
#include "topology/mendel/command.hpp"
#include "topology/mendel/database_access.hpp"
#include "topology/mendel/database_choice.hpp"

namespace mendel::cli {
namespace {

using Line = std::array<std::string, 6>;

const Line kHeadings = {"source", "symbol", "timeframe", "bars", "from", "to"};

constexpr const char* kStored =
    "SELECT source, symbol, timeframe, count(*),"
    " to_char(min(\"timestamp\") AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'),"
    " to_char(max(\"timestamp\") AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') "
    "FROM mendel.market_data GROUP BY source, symbol, timeframe "
    "ORDER BY source, symbol, timeframe";

Result<std::vector<Line>> read_stored(const database::Dsn& dsn) {
  auto connection = database::Connection::open(dsn, {"mendel data", {}});
  if (!connection) return connection.error();
  const Status schema = database::check_schema(*connection);
  if (!schema) return schema.error();
  const auto rows = connection->exec(kStored);
  if (!rows) return rows.error();
  std::vector<Line> lines;
  for (std::size_t i = 0; i < rows->size(); ++i) {
    Line line;
    for (std::size_t column = 0; column < line.size(); ++column) {
      line[column] = std::string(rows->text(i, column));
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

void print_table(const std::vector<Line>& lines) {
  std::array<std::size_t, kHeadings.size()> widths{};
  const auto measure = [&](const Line& line) {
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  };
  const auto print = [&](const Line& line) {
    fmt::print("{:<{}}  {:<{}}  {:<{}}  {:>{}}  {:<{}}  {}\n", line[0], widths[0], line[1],
               widths[1], line[2], widths[2], line[3], widths[3], line[4], widths[4], line[5]);
  };
  measure(kHeadings);
  for (const Line& line : lines) measure(line);
  print(kHeadings);
  for (const Line& line : lines) print(line);
}

void print_json(const std::vector<Line>& lines) {
  config::Value all = config::Value::array();
  for (const Line& line : lines) {
    config::Value one = config::Value::table();
    for (std::size_t i = 0; i < line.size(); ++i) {
      one.set(kHeadings[i],
              i == 3 ? config::Value(database::integer_from(line[i])) : config::Value(line[i]));
    }
    all.push(std::move(one));
  }
  fmt::print("{}\n", config::to_json(all, 2));
}

Result<int> run(const config::Arguments& arguments) {
  const Result<wiring::Topology> topology = open_topology(arguments);
  if (!topology) return topology.error();
  const auto access = DatabaseAccess::open(arguments, *topology, "mendel data");
  if (!access) return access.error();
  const auto lines = read_stored(access->dsn());
  if (!lines) return lines.error();
  if (arguments.flag("json")) {
    print_json(*lines);
  } else if (lines->empty()) {
    fmt::print("no bars are stored; `mendel ingest FILE --symbol S` stores some\n");
  } else {
    print_table(*lines);
  }
  return 0;
}

}  // namespace

Command data_command() {
  Command command;
  command.spec.name = "mendel data";
  command.spec.summary = "show which bars the database holds";
  command.spec.options = {{"json", "", "print one JSON array"}, database_option()};
  for (const config::OptionSpec& option : pipeline_options()) {
    command.spec.options.push_back(option);
  }
  command.spec.examples = {"mendel data", "mendel data --json"};
  command.run = run;
  return command;
}

}  // namespace mendel::cli
