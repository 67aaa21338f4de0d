#include "shared/database/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "shared/base/time.hpp"
#include "shared/base/utf8.hpp"

namespace mendel::database {
namespace {

constexpr std::int64_t kNsPerMicrosecond = 1000;

}  // namespace

std::string to_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  return fmt::format("{}", value);
}

std::string to_text(std::int64_t value) { return fmt::format("{}", value); }

std::int64_t whole_microseconds(std::int64_t time_ns) {
  constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min() / kNsPerMicrosecond;
  const std::int64_t micros = time_ns / kNsPerMicrosecond;
  return std::max(kLeast, micros - (time_ns % kNsPerMicrosecond < 0 ? 1 : 0));
}

std::string time_text(std::int64_t time_ns) {
  return format_time(whole_microseconds(time_ns) * kNsPerMicrosecond);
}

std::string clean_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t bytes = text.front() == '\0' ? 0 : utf8_character_bytes(text);
    if (bytes == 0) {
      out += '?';
    } else {
      out.append(text.substr(0, bytes));
    }
    text.remove_prefix(bytes == 0 ? 1 : bytes);
  }
  return out;
}

double number_from(std::string_view text) {
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::int64_t integer_from(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string& CopyRow::next() {
  if (used_ == fields_.size()) {
    fields_.emplace_back();
    nulls_.push_back(false);
  }
  nulls_[used_] = false;
  return fields_[used_++];
}

void CopyRow::text(std::string_view value) { next() = clean_text(value); }
void CopyRow::number(double value) { next() = to_text(value); }
void CopyRow::integer(std::int64_t value) { next() = to_text(value); }
void CopyRow::time(std::int64_t time_ns) { next() = time_text(time_ns); }
void CopyRow::boolean(bool value) { next() = value ? "t" : "f"; }

void CopyRow::null() {
  next().clear();
  nulls_[used_ - 1] = true;
}

const std::vector<const char*>& CopyRow::pointers() {
  pointers_.clear();
  for (std::size_t i = 0; i < used_; ++i) {
    pointers_.push_back(nulls_[i] ? nullptr : fields_[i].c_str());
  }
  return pointers_;
}

}  // namespace mendel::database
