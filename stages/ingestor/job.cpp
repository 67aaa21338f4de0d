#include "stages/ingestor/job.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "shared/base/time.hpp"

namespace mendel::ingestor {
namespace {

using config::Value;

std::string to_hex(std::string_view bytes) {
  std::string hex;
  for (const char c : bytes) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return hex;
}

std::optional<std::string> from_hex(std::string_view hex) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  };
  if (hex.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const int high = digit(hex[i]);
    const int low = digit(hex[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

// Reads the fields of a document; the first that is missing or of another type is remembered.
class Fields {
 public:
  explicit Fields(const Value& value) : value_(value) {}

  std::string text(std::string_view key) {
    const Value* field = find(key, &Value::is_text);
    return field ? field->as_text() : "";
  }
  std::int64_t integer(std::string_view key) {
    const Value* field = find(key, &Value::is_integer);
    return field ? field->as_integer() : 0;
  }
  std::uint64_t count(std::string_view key) {
    const std::int64_t number = integer(key);
    if (number < 0) bad(key);
    return static_cast<std::uint64_t>(std::max<std::int64_t>(number, 0));
  }
  bool flag(std::string_view key) {
    const Value* field = find(key, &Value::is_bool);
    return field && field->as_bool();
  }
  const std::string& missing() const { return missing_; }

 private:
  const Value* find(std::string_view key, bool (Value::*is_type)() const) {
    const Value* field = value_.find(key);
    if (field && (field->*is_type)()) return field;
    bad(key);
    return nullptr;
  }
  void bad(std::string_view key) {
    if (missing_.empty()) missing_ = key;
  }

  const Value& value_;
  std::string missing_;
};

Error not_a(std::string_view kind, const std::string& what, const std::string& field) {
  return configuration_error(
      fmt::format("{}: is no {}: '{}' is missing or of another type", what, kind, field));
}

}  // namespace

Value to_value(const Job& job) {
  Value value = Value::table();
  value.set("id", job.id);
  value.set("file", job.file);
  value.set("symbol", job.symbol);
  value.set("timeframe", job.timeframe);
  value.set("tz", job.tz);
  value.set("tz_file", to_hex(job.tz_file));
  value.set("stamp", job.stamp);
  value.set("volume", job.volume);
  value.set("source", job.source);
  value.set("revision", job.revision);
  value.set("strict", job.strict);
  return value;
}

Result<Job> job_from(const Value& value, const std::string& what) {
  Fields fields(value);
  Job job;
  job.id = fields.text("id");
  job.file = fields.text("file");
  job.symbol = fields.text("symbol");
  job.timeframe = fields.text("timeframe");
  job.tz = fields.text("tz");
  const auto tz_file = from_hex(fields.text("tz_file"));
  job.tz_file = tz_file.value_or("");
  job.stamp = fields.text("stamp");
  job.volume = fields.text("volume");
  job.source = fields.text("source");
  job.revision = fields.integer("revision");
  job.strict = fields.flag("strict");
  if (!fields.missing().empty()) return not_a("job", what, fields.missing());
  if (!tz_file) return not_a("job", what, "tz_file");
  if (Status status = check_job(job); !status) {
    return configuration_error(fmt::format("{}: {}", what, status.error().message));
  }
  return job;
}

Status check_name(std::string_view option, std::string_view name) {
  constexpr std::string_view kMarks = "._-:/^=+&";
  const bool plain = std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != std::string_view::npos;
  });
  if (!name.empty() && name.size() <= kNameBytesMax && plain && name != "portfolio") return {};
  std::string shown(name.substr(0, kNameBytesMax + 1));
  std::replace_if(
      shown.begin(), shown.end(), [](char c) { return c < 0x20 || c > 0x7e; }, '?');
  return configuration_error(
      fmt::format("{} '{}': must have 1 to {} letters, digits or {} and not be 'portfolio'", option,
                  shown, kNameBytesMax, kMarks));
}

Status check_job(const Job& job) {
  if (Status status = check_name("--source", job.source); !status) return status;
  if (!job.symbol.empty()) {
    if (Status status = check_name("--symbol", job.symbol); !status) return status;
  }
  if (job.stamp != "open" && job.stamp != "close") {
    return configuration_error(
        fmt::format("--stamp '{}': must be open or close", job.stamp.substr(0, 20)));
  }
  if (job.revision < 0 || job.revision > kRevisionMax) {
    return configuration_error(
        fmt::format("--revision {}: must be within 0 and {}", job.revision, kRevisionMax));
  }
  const auto options = csv_options(job);
  return options ? Status() : Status(options.error());
}

Result<market::TimeZone> zone_of(const Job& job) {
  if (const auto fixed = market::TimeZone::fixed(job.tz)) return *fixed;
  if (market::TimeZone::is_name(job.tz) && !job.tz_file.empty()) {
    return market::TimeZone::from_tzif(job.tz, job.tz_file);
  }
  return configuration_error(
      fmt::format("--tz '{}': must be UTC, an offset like +02:00, or a zone that this machine "
                  "knows, like Europe/Paris (package tzdata)",
                  job.tz.substr(0, kNameBytesMax)));
}

Result<market::BarCsvOptions> csv_options(const Job& job) {
  market::BarCsvOptions options;
  options.file = job.file;
  options.symbol = job.symbol;
  if (!job.timeframe.empty()) {
    auto timeframe = market::parse_timeframe(job.timeframe);
    if (!timeframe) return configuration_error("--timeframe " + timeframe.error().message);
    options.timeframe = *timeframe;
  }
  auto zone = zone_of(job);
  if (!zone) return zone.error();
  options.zone = *zone;
  options.stamp_is_close = job.stamp == "close";
  options.volume = job.volume;
  options.strict = job.strict;
  return options;
}

Result<std::string> symbol_of(const Job& job, const market::BarReport& report) {
  if (!job.symbol.empty()) return job.symbol;
  if (report.symbol.empty()) {
    return configuration_error(fmt::format(
        "{}: has no symbol column; name its symbol with --symbol, as in BTC-USD", job.file));
  }
  if (Status status = check_name("symbol", report.symbol); !status) {
    return configuration_error(
        fmt::format("{}: {}; name another with --symbol", job.file, status.error().message));
  }
  return report.symbol;
}

Value to_value(const market::BarReport& report) {
  Value value = Value::table();
  value.set("timeframe", report.timeframe.name);
  value.set("timeframe_inferred", report.timeframe_inferred);
  value.set("newest_first", report.newest_first);
  value.set("time_column", report.time_column);
  value.set("volume_column", report.volume_column);
  value.set("rows", report.rows);
  value.set("accepted", report.accepted);
  value.set("other_symbols", report.other_symbols);
  Value refused = Value::table();
  for (std::size_t rule = 0; rule < market::kBarRuleCount; ++rule) {
    if (report.refused[rule] > 0) refused.set(market::kBarRuleNames[rule], report.refused[rule]);
  }
  value.set("refused", std::move(refused));
  Value refusals = Value::array();
  for (const market::Refusal& refusal : report.first_refusals) {
    refusals.push(refusal.text(report.file));
  }
  value.set("first_refusals", std::move(refusals));
  value.set("duplicates_identical", report.duplicates_identical);
  value.set("duplicates_differing", report.duplicates_differing);
  if (report.accepted > 0) {
    value.set("first", format_time(report.first_ns));
    value.set("last", format_time(report.last_ns));
  }
  value.set("holes", report.holes.count);
  value.set("missing_bars", report.holes.missing);
  return value;
}

Value to_value(const JobReport& report) {
  Value value = Value::table();
  value.set("id", report.id);
  value.set("state", report.state);
  value.set("error", report.error);
  value.set("exit_code", report.exit_code);
  value.set("symbol", report.symbol);
  value.set("beat", report.beat);
  value.set("attempts", report.attempts);
  value.set("waiting", report.waiting);
  value.set("parsed", report.parsed);
  value.set("batches", report.shipped.batches);
  value.set("sent", report.shipped.sent);
  value.set("durable", report.shipped.durable);
  value.set("stored", report.shipped.stored);
  value.set("inserted", report.shipped.inserted);
  value.set("equal", report.shipped.equal);
  value.set("replaced", report.shipped.replaced);
  value.set("conflicts", report.shipped.conflicts);
  return value;
}

Result<JobReport> report_from(const Value& value, const std::string& what) {
  Fields fields(value);
  JobReport report;
  report.id = fields.text("id");
  report.state = fields.text("state");
  report.error = fields.text("error");
  report.exit_code = static_cast<int>(fields.integer("exit_code"));
  report.symbol = fields.text("symbol");
  report.beat = fields.count("beat");
  report.attempts = fields.integer("attempts");
  report.waiting = fields.text("waiting");
  if (const Value* parsed = value.find("parsed")) report.parsed = *parsed;
  report.shipped.batches = fields.count("batches");
  report.shipped.sent = fields.count("sent");
  report.shipped.durable = fields.count("durable");
  report.shipped.stored = fields.count("stored");
  report.shipped.inserted = fields.count("inserted");
  report.shipped.equal = fields.count("equal");
  report.shipped.replaced = fields.count("replaced");
  report.shipped.conflicts = fields.count("conflicts");
  if (!fields.missing().empty()) return not_a("report", what, fields.missing());
  return report;
}

}  // namespace mendel::ingestor
