#include "shared/config/value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <numeric>
#include <sstream>

namespace mendel::config {

std::string_view Value::type_name() const {
  constexpr std::string_view kNames[] = {"nothing", "true or false", "a whole number", "a number",
                                         "text",    "an array",      "a table"};
  return kNames[data_.index()];
}

double Value::as_number() const {
  if (is_integer()) return static_cast<double>(as_integer());
  return std::get<double>(data_);
}

const Value* Value::find(std::string_view key) const {
  if (!is_table()) return nullptr;
  for (const auto& [name, value] : entries()) {
    if (name == key) return &value;
  }
  return nullptr;
}

const Value* Value::find_path(std::string_view dotted) const {
  const Value* node = this;
  while (node && !dotted.empty()) {
    const std::size_t dot = std::min(dotted.find('.'), dotted.size());
    node = node->find(dotted.substr(0, dot));
    dotted.remove_prefix(std::min(dot + 1, dotted.size()));
  }
  return node;
}

Value& Value::set(std::string_view key, Value value) {
  if (is_null()) data_ = Table{};
  for (auto& [name, existing] : entries()) {
    if (name == key) return existing = std::move(value);
  }
  return entries().emplace_back(std::string(key), std::move(value)).second;
}

void Value::push(Value value) {
  if (is_null()) data_ = Array{};
  items().push_back(std::move(value));
}

Result<std::string> read_text_file(const std::string& path, std::size_t bytes_max) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return configuration_error(fmt::format("{}: cannot be opened; check the path", path));
  std::string text;
  char block[64 << 10];
  while (file.read(block, sizeof block) || file.gcount() > 0) {
    text.append(block, static_cast<std::size_t>(file.gcount()));
    if (text.size() > bytes_max) {
      return configuration_error(fmt::format("{}: larger than {} bytes", path, bytes_max));
    }
  }
  if (file.bad()) return configuration_error(fmt::format("{}: cannot be read", path));
  return text;
}

namespace {

// Letters inserted, left out, replaced, or exchanged with their neighbour.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  std::vector<std::size_t> above = row, above_that = row;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    above_that.swap(above);
    above.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({replaced, above[j] + 1, row[j - 1] + 1});
      const bool exchanged = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (exchanged) row[j] = std::min(row[j], above_that[j - 2] + 1);
    }
  }
  return row.back();
}

// The shortest of the names that `part` begins, else of those that hold it; "" = none.
std::string name_with(std::string_view part, const std::vector<std::string>& known) {
  constexpr std::size_t kPartBytesMin = 4;  // "max" says nothing of max_drawdown
  if (part.size() < kPartBytesMin) return "";
  std::string best;
  bool best_begins = false;
  for (const std::string& name : known) {
    const std::size_t at = name.find(part);
    if (at == std::string::npos) continue;
    const bool begins = at == 0;
    const bool shorter = begins == best_begins && name.size() < best.size();
    if (best.empty() || (begins && !best_begins) || shorter) {
      best = name;
      best_begins = begins;
    }
  }
  return best;
}

}  // namespace

std::string nearest_name(std::string_view unknown, const std::vector<std::string>& known) {
  if (unknown.size() > 100) return "";
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(1, unknown.size() / 3) + 1;
  for (const std::string& name : known) {
    const std::size_t distance = edit_distance(unknown, name);
    if (distance < best_distance) {
      best_distance = distance;
      best = name;
    }
  }
  return best.empty() ? name_with(unknown, known) : best;
}

std::string one_line(std::string text) {
  for (char& byte : text) {
    if (static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f) byte = '?';
  }
  return text;
}

std::string suggestion(std::string_view unknown, const std::vector<std::string>& known) {
  if (const std::string name = nearest_name(unknown, known); !name.empty()) {
    return fmt::format("; did you mean '{}'?", name);
  }
  return known.empty() ? "" : fmt::format("; known: {}", fmt::join(known, ", "));
}

}  // namespace mendel::config
