#include "topology/mendel/log_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "shared/base/time.hpp"
#include "topology/mendel/text_table.hpp"

namespace mendel::cli {
namespace {

using durable_log::SegmentSurvey;
using durable_log::Stretch;
using durable_log::Survey;

// To the second.
std::string moment(std::int64_t ns) { return ns == 0 ? "?" : format_time(ns - ns % kNsPerSecond); }

// What is not plainly good about a segment.
std::string remarks(const SegmentSurvey& segment) {
  std::string text;
  const auto add = [&](const std::string& remark) { text += (text.empty() ? "" : ", ") + remark; };
  if (segment.is_newest) add("newest");
  if (segment.corrupt_records > 0) add(fmt::format("{} corrupt", segment.corrupt_records));
  if (segment.is_renamed) add("its header names another segment");
  if (segment.torn_bytes > 0) {
    add(fmt::format("{} bytes {}", segment.torn_bytes, segment.is_newest ? "unfinished" : "torn"));
  }
  return text;
}

// Of the archive the oldest finished runs go first, wherever their segments stand.
std::vector<durable_log::Hole> holes_of(const std::string& log, const Survey& survey) {
  return log == "archive" ? std::vector<durable_log::Hole>() : durable_log::holes(survey.segments);
}

std::uint64_t records_of(const Survey& survey) {
  std::uint64_t records = 0;
  for (const SegmentSurvey& segment : survey.segments) records += segment.records;
  return records;
}

}  // namespace

std::string log_table(const std::string& log, const Survey& survey) {
  if (survey.segments.empty()) return log + ": nothing is there yet\n";
  std::vector<std::vector<std::string>> rows = {
      {log, "epoch", "records", "bytes", "begun", "last written", ""}};
  for (const SegmentSurvey& segment : survey.segments) {
    rows.push_back({segment.name, std::to_string(segment.epoch), std::to_string(segment.records),
                    std::to_string(segment.bytes), moment(segment.created_at_ns),
                    moment(segment.modified_at_ns), remarks(segment)});
  }
  return left_aligned(rows);
}

config::Value log_document(const std::string& log, const Survey& survey) {
  config::Value segments = config::Value::array();
  for (const SegmentSurvey& segment : survey.segments) {
    config::Value one = config::Value::table();
    one.set("segment", segment.name);
    one.set("epoch", segment.epoch);
    one.set("records", segment.records);
    one.set("bytes", segment.bytes);
    one.set("begun", moment(segment.created_at_ns));
    one.set("last_written", moment(segment.modified_at_ns));
    one.set("newest", segment.is_newest);
    one.set("torn_bytes", segment.torn_bytes);
    one.set("renamed", segment.is_renamed);
    one.set("corrupt_records", segment.corrupt_records);
    segments.push(std::move(one));
  }
  config::Value damages = config::Value::array();
  for (const Stretch& damage : survey.damages) {
    config::Value one = config::Value::table();
    one.set("segment", damage.segment);
    one.set("offset", damage.begin);
    one.set("bytes", damage.end - damage.begin);
    one.set("records", damage.records);
    damages.push(std::move(one));
  }
  config::Value missing = config::Value::array();
  for (const durable_log::Hole& hole : holes_of(log, survey)) {
    config::Value one = config::Value::table();
    one.set("behind", hole.behind);
    one.set("before", hole.before);
    missing.push(std::move(one));
  }
  config::Value document = config::Value::table();
  document.set("log", log);
  document.set("records", records_of(survey));
  document.set("corrupt_records", survey.corrupt_records);
  document.set("segments", std::move(segments));
  document.set("damages", std::move(damages));
  document.set("missing", std::move(missing));
  return document;
}

std::string log_verdict(const std::string& log, const Survey& survey) {
  std::string text =
      fmt::format("{}: {} records in {} segments", log, records_of(survey), survey.segments.size());
  text += survey.corrupt_records == 0
              ? ", every checksum is right\n"
              : fmt::format(" are good, {} are lost:\n", survey.corrupt_records);
  for (const Stretch& damage : survey.damages) {
    text += fmt::format("  {} at offset {}: {} bytes, {} records\n", damage.segment, damage.begin,
                        damage.end - damage.begin, damage.records);
  }
  for (const durable_log::Hole& hole : holes_of(log, survey)) {
    text +=
        fmt::format("  segments before {}{} are missing: restore them, or mount the whole store\n",
                    hole.before, hole.behind.empty() ? "" : " and behind " + hole.behind);
  }
  for (const SegmentSurvey& segment : survey.segments) {
    if (segment.is_renamed) {
      text += fmt::format(
          "  {}: its header names another segment: the file was copied or renamed\n", segment.name);
    }
    if (segment.torn_bytes == 0 || segment.is_newest) continue;
    text += fmt::format(
        "  {}: {} bytes at its end are no record: what a writer was cut off in, and told to "
        "nobody, or "
        "what is left of a file that was cut since; `mendel adopt` compares it with the database\n",
        segment.name, segment.torn_bytes);
  }
  return text;
}

bool is_sound(const std::string& log, const Survey& survey) {
  const auto renamed = [](const SegmentSurvey& segment) { return segment.is_renamed; };
  return survey.corrupt_records == 0 && holes_of(log, survey).empty() &&
         std::none_of(survey.segments.begin(), survey.segments.end(), renamed);
}

}  // namespace mendel::cli
