#include "shared/database/values.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "shared/base/time.hpp"

namespace mendel::database {
namespace {

constexpr std::int64_t kNsPerMicrosecond = 1000;

// Bytes of the well-formed UTF-8 sequence at the start of `text`; 0 if there is none (RFC 3629).
std::size_t sequence_bytes(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const unsigned first = byte(0);
  if (first < 0x80) return first == 0 ? 0 : 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool overlong = first == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = first == 0xED && byte(1) > 0x9F;
    return follows(1) && follows(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool overlong = first == 0xF0 && byte(1) < 0x90;
    const bool beyond = first == 0xF4 && byte(1) > 0x8F;
    return follows(1) && follows(2) && follows(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

}  // namespace

std::string to_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  return fmt::format("{}", value);
}

std::string to_text(std::int64_t value) { return fmt::format("{}", value); }

std::string time_text(std::int64_t time_ns) {
  std::int64_t micros = time_ns / kNsPerMicrosecond;
  if (time_ns % kNsPerMicrosecond < 0) --micros;
  return format_time(micros * kNsPerMicrosecond);
}

std::string clean_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t bytes = sequence_bytes(text);
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
