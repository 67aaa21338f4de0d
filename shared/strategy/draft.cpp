#include "shared/strategy/draft.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "shared/base/utf8.hpp"
#include "shared/strategy/interval.hpp"

namespace mendel::strategy {
namespace {

constexpr std::size_t kOverrideKeyBytesMax = 200;
constexpr std::string_view kOverrideKey = "value = ";

// Values of override i carry line -(i + 1): errors then name the override instead of the file.
void mark_override(config::Value& value, int line) {
  value.place = {line, 1};
  if (value.is_array()) {
    for (config::Value& item : value.items()) mark_override(item, line);
  } else if (value.is_table()) {
    for (auto& entry : value.entries()) mark_override(entry.second, line);
  }
}

// TOML where it is TOML, text where it is a bare word.
config::Value override_value(const std::string& text, int line) {
  if (auto parsed = config::parse_toml(std::string(kOverrideKey) + text, "override")) {
    if (parsed->entries().size() == 1 && text.find('\n') == std::string::npos) {
      config::Value value = parsed->entries().front().second;
      mark_override(value, line);
      return value;
    }
  }
  config::Value value(text);
  value.place = {line, 1};
  return value;
}

// Bytes that continue a UTF-8 sequence do not start a column.
bool starts_character(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) != 0x80; }

int columns_in(std::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), starts_character));
}

// The bytes of `text` from a place on.
std::string_view from_place(std::string_view text, config::Place place) {
  for (int line = 1; line < place.line && !text.empty(); ++line) {
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  }
  for (int column = 1; column < place.column && !text.empty(); ++column) {
    text.remove_prefix(1);
    while (!text.empty() && !starts_character(text.front())) text.remove_prefix(1);
  }
  return text;
}

// Keys that are looked for in another section than theirs.
std::string home_of(std::string_view key, bool is_override) {
  constexpr std::pair<std::string_view, std::string_view> kHomes[] = {
      {"equity", "account"},       {"max_leverage", "account"}, {"lot_step", "account"},
      {"min_notional", "account"}, {"fill", "strategy"},        {"size", "risk"},
      {"stop_loss", "risk"},       {"take_profit", "risk"},     {"trailing_stop", "risk"},
      {"fee_bps", "costs"},        {"slippage_bps", "costs"},   {"symbols", "data"},
      {"timeframe", "data"},       {"in_sample", "data"},       {"out_of_sample", "data"},
      {"population", "search"},    {"generations", "search"},   {"seed", "search"},
      {"islands", "search"},       {"objectives", "search"},    {"limits", "search"}};
  for (const auto& [name, section] : kHomes) {
    if (name != key) continue;
    return is_override ? fmt::format("; did you mean '{}.{}'?", section, key)
                       : fmt::format("; it belongs to [{}]", section);
  }
  return "";
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// A word, or a number with a unit as in 1h: what begins otherwise was not meant as a text.
bool meant_as_text(std::string_view value) {
  for (const std::string_view toml : {"true", "false", "inf", "nan"}) {
    if (value == toml) return false;
  }
  const std::size_t digits = std::min(value.find_first_not_of("0123456789"), value.size());
  const std::string_view rest = value.substr(digits);
  if (rest.empty() || !is_letter(rest.front())) return false;
  return digits == 0 || std::all_of(rest.begin(), rest.end(), is_letter);
}

// How the value of a line that TOML refuses is to be written; "" = nothing plain is wrong with it.
std::string value_hint(std::string_view line) {
  constexpr std::size_t kShownMax = 60;
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) return "";
  std::string_view value = line.substr(equals + 1);
  value.remove_prefix(std::min(value.find_first_not_of(" \t[{"), value.size()));
  for (const std::string_view quote : {"\u2018", "\u2019", "\u201c", "\u201d"}) {
    if (value.substr(0, quote.size()) == quote)
      return fmt::format("; write \" instead of {}", quote);
  }
  value = value.substr(0, value.find('#'));
  value = value.substr(0, value.find_last_not_of(" \t\r,]}") + 1);
  if (value == "True" || value == "False") return "; write true or false";
  if (!meant_as_text(value)) return "";
  const char quote = value.find('"') == std::string_view::npos ? '"' : '\'';
  const bool shown = value.size() <= kShownMax && value.find(quote) == std::string_view::npos;
  return shown ? fmt::format("; put it in quotes: {0}{1}{0}", quote, value) : "; put it in quotes";
}

// Of a message that begins with `file:line:column`.
config::Place place_in(std::string_view message, std::string_view file) {
  config::Place place;
  const char* end = message.data() + message.size();
  const char* at = message.data() + file.size() + 1;
  at = std::from_chars(at, end, place.line).ptr + 1;
  std::from_chars(at, end, place.column);
  return place;
}

// What TOML makes of a line, for who did not mean it so. A text in double quotes ends at the first
// one inside it, as in "at("4h", close) > 1".
std::string toml_hint(std::string_view text, config::Place place) {
  const std::string_view rest = from_place(text, {place.line, 1});
  const std::string_view refused = rest.substr(0, rest.find('\n'));
  if (std::string hint = value_hint(refused); !hint.empty()) return config::one_line(hint);
  for (const std::string_view call : {"at(\"", "symbol(\"", "ma(\""}) {
    if (refused.find(call) != std::string_view::npos) {
      return "; use single quotes around the expression";
    }
  }
  return "";
}

// The bytes of the character that `text` begins with; 0 = it begins with none of UTF-8.
std::size_t character_bytes(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t bytes = first < 0x80   ? 1
                            : first < 0xc2 ? 0
                            : first < 0xe0 ? 2
                            : first < 0xf0 ? 3
                            : first < 0xf5 ? 4
                                           : 0;
  if (bytes > text.size()) return 0;
  for (std::size_t i = 1; i < bytes; ++i)
    if (starts_character(text[i])) return 0;
  return bytes;
}

// The line of a place with a mark below it: what people see at a glance. Long lines are cut around
// the mark.
std::string excerpt(std::string_view text, config::Place place) {
  constexpr int kBefore = 70;
  constexpr int kShown = 96;
  const int first = std::max(1, place.column - kBefore);
  std::string_view line = from_place(text, {place.line, first});
  line = line.substr(0, line.find('\n'));
  std::string shown;
  for (int characters = 0; characters < kShown && !line.empty(); ++characters) {
    const std::size_t bytes = character_bytes(line);
    const auto code = static_cast<unsigned char>(line.front());
    if (bytes == 0 || code < 0x20 || code == 0x7f) {
      shown += bytes == 0 ? '?' : ' ';
    } else {
      shown += line.substr(0, bytes);
    }
    line.remove_prefix(std::max<std::size_t>(bytes, 1));
  }
  while (!shown.empty() && shown.back() == ' ') shown.pop_back();
  if (shown.empty()) return "";
  const auto indent = static_cast<std::size_t>(place.column - first);
  return fmt::format("\n  {}\n  {}^", shown, std::string(indent, ' '));
}

}  // namespace

Draft::Draft(std::string_view text, std::string_view file, const Overrides& overrides)
    : text_(text), file_(file), root_(config::Value::table()) {
  if (text.size() > kExperimentBytesMax) {
    refuse({1, 1}, fmt::format("an experiment has at most {} bytes", kExperimentBytesMax));
    return;
  }
  auto parsed = config::parse_toml(text, file);
  if (!parsed) {
    error_ = parsed.error();
    const config::Place wrong = place_in(error_->message, file);
    error_->message += toml_hint(text, wrong) + excerpt(text, wrong);
    return;
  }
  root_ = std::move(*parsed);
  file_root_ = root_;
  if (overrides.size() > kOverridesMax) {
    refuse({1, 1}, fmt::format("more than {} overrides", kOverridesMax));
  }
  for (std::size_t i = 0; i < overrides.size() && ok(); ++i) apply(overrides, i);
}

void Draft::apply(const Overrides& overrides, std::size_t number) {
  const int line = -static_cast<int>(number) - 1;
  const auto& [key, text, said] = overrides[number];
  override_names_.push_back(said.substr(0, kOverrideKeyBytesMax));
  if (said.empty()) override_names_.back() = "override " + key.substr(0, kOverrideKeyBytesMax);
  if (key.size() > kOverrideKeyBytesMax) return refuse({line, 1}, "this key is too long");
  if (!is_utf8(text)) return refuse({line, 1}, "must be UTF-8");
  config::Value* table = &root_;
  std::string_view rest = key;
  while (true) {
    const std::size_t dot = rest.find('.');
    const std::string_view name = rest.substr(0, dot);
    if (name.empty()) return refuse({line, 1}, "a dotted key is wanted, as in search.population");
    if (dot == std::string_view::npos) {
      table->set(name, override_value(text, line));
      return;
    }
    const config::Value* inner = table->find(name);
    if (inner && !inner->is_table()) {
      return refuse({line, 1}, fmt::format("'{}' is {}, not a table", name, inner->type_name()));
    }
    if (!inner) {
      config::Value created = config::Value::table();
      created.place = {line, 1};
      table->set(name, std::move(created));
    }
    for (auto& entry : table->entries()) {
      if (entry.first == name) table = &entry.second;
    }
    rest.remove_prefix(dot + 1);
  }
}

void Draft::refuse(config::Place place, std::string_view what) {
  if (error_) return;
  std::string where =
      fmt::format("{}:{}:{}", file_, std::max(place.line, 1), std::max(place.column, 1));
  if (place.line < 0) {
    where = override_names_[static_cast<std::size_t>(-place.line) - 1];
  }
  // Names come from the file: a line break in one must not break the line of the message.
  std::string message = config::one_line(fmt::format("{}: {}", where, what));
  if (place.line > 0 && place.column > 0) message += excerpt(text_, place);
  error_ = configuration_error(std::move(message));
}

void Draft::refuse_inside(const config::Value& text, std::size_t offset, std::string_view what) {
  if (error_) return;
  if (!text.is_text()) return refuse(text.place, what);
  const config::Place place = inside(text, offset);
  if (place.line > 0) return refuse(place, what);
  const int character = columns_in(std::string_view(text.as_text()).substr(0, offset)) + 1;
  refuse(text.place, fmt::format("character {}: {}", character, what));
}

// Exact for texts without escapes, on one line or on several.
config::Place Draft::inside(const config::Value& text, std::size_t offset) const {
  config::Place place = text.place;
  const std::string_view before = std::string_view(text.as_text()).substr(0, offset);
  std::string_view raw = place.line > 0 ? from_place(text_, place) : std::string_view{};
  const bool multiline = raw.substr(0, 3) == "\"\"\"" || raw.substr(0, 3) == "'''";
  place.column += multiline ? 3 : 1;
  if (!multiline) {
    place.column += columns_in(before);
    return place;
  }
  // A line break right after the quotes is not part of the text.
  const bool skipped = raw.substr(3, 1) == "\n" || raw.substr(3, 2) == "\r\n";
  const auto breaks = std::count(before.begin(), before.end(), '\n');
  if (skipped) place = {place.line + 1, 1};
  if (breaks == 0) {
    place.column += columns_in(before);
    return place;
  }
  return {place.line + static_cast<int>(breaks),
          columns_in(before.substr(before.rfind('\n') + 1)) + 1};
}

Section::Section(Draft& draft, std::string name, const std::vector<std::string>& keys)
    : draft_(draft), name_(std::move(name)) {
  table_ = name_.empty() ? &draft.root() : draft.root().find(name_);
  if (table_ && !table_->is_table()) {
    draft_.refuse(table_->place,
                  fmt::format("'{}' is {}; write [{}]", name_, table_->type_name(), name_));
    table_ = nullptr;
  }
  refuse_unknown(keys);
}

Section::Section(Draft& draft, const config::Value& table, std::string name,
                 const std::vector<std::string>& keys)
    : draft_(draft), name_(std::move(name)), table_(&table) {
  refuse_unknown(keys);
}

void Section::refuse_unknown(const std::vector<std::string>& keys) const {
  if (!table_) return;
  for (const auto& [key, value] : table_->entries()) {
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
    const std::string in = name_.empty() ? "" : fmt::format(" in [{}]", name_);
    const std::string shown = key.substr(0, 60);
    const std::string home = home_of(key, value.place.line < 0);
    return draft_.refuse(
        value.place,
        fmt::format("unknown {} '{}'{}{}", value.is_table() && name_.empty() ? "section" : "key",
                    shown, in, home.empty() ? config::suggestion(shown, keys) : home));
  }
}

const config::Value* Section::find(std::string_view key) const {
  return table_ ? table_->find(key) : nullptr;
}

const config::Value* Section::need(std::string_view key) const {
  const config::Value* value = find(key);
  if (!value) draft_.refuse(place(), fmt::format("[{}] needs '{}'", name_, key));
  return value;
}

config::Place Section::place() const {
  // A table that an override made: what it lacks is missing in the file.
  return table_ && table_->place.line > 0 ? table_->place : config::Place{1, 1};
}

void Section::refuse(std::string_view key, std::string_view what) const {
  const config::Value* value = find(key);
  draft_.refuse(value ? value->place : place(), fmt::format("'{}' {}", key, what));
}

void Section::number(std::string_view key, double& out, double least, double most) const {
  const config::Value* value = find(key);
  if (!value) return;
  if (!value->is_number()) {
    return refuse(key, fmt::format("must be a number, not {}", value->type_name()));
  }
  const double read = value->as_number();
  if (!(read >= least && read <= most)) {
    return refuse(key, fmt::format("is {}; it must be from {} to {}", read, least, most));
  }
  out = read + 0.0;
}

void Section::whole(std::string_view key, std::int64_t& out, std::int64_t least,
                    std::int64_t most) const {
  const config::Value* value = find(key);
  if (!value) return;
  if (!value->is_number() || (!value->is_integer() && !is_whole(value->as_number()))) {
    return refuse(key, fmt::format("must be a whole number, not {}",
                                   value->is_number() ? fmt::format("{}", value->as_number())
                                                      : std::string(value->type_name())));
  }
  const std::int64_t read =
      value->is_integer() ? value->as_integer() : static_cast<std::int64_t>(value->as_number());
  if (read < least || read > most) {
    return refuse(key, fmt::format("is {}; it must be from {} to {}", read, least, most));
  }
  out = read;
}

void Section::text(std::string_view key, std::string& out) const {
  const config::Value* value = find(key);
  if (!value) return;
  if (!value->is_text()) {
    return refuse(key, fmt::format("must be a text in quotes, not {}", value->type_name()));
  }
  out = value->as_text();
}

std::vector<const config::Value*> Section::texts(std::string_view key,
                                                 std::size_t count_max) const {
  const config::Value* value = find(key);
  std::vector<const config::Value*> entries;
  if (!value) return entries;
  if (!value->is_array() || value->items().size() > count_max) {
    refuse(key, fmt::format("must be an array of at most {} texts", count_max));
    return entries;
  }
  for (const config::Value& item : value->items()) {
    if (!item.is_text()) {
      draft_.refuse(item.place,
                    fmt::format("'{}' holds {}; texts are wanted", key, item.type_name()));
      return {};
    }
    entries.push_back(&item);
  }
  return entries;
}

}  // namespace mendel::strategy
