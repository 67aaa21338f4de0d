#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "shared/base/time.hpp"
#include "shared/strategy/sections.hpp"

namespace mendel::strategy {
namespace {

constexpr std::size_t kDataNameBytesMax = 64;

// Times are nanoseconds in 64 bits.
constexpr std::string_view kFirstYear = "1678";
constexpr std::string_view kLastYear = "2261";

std::optional<std::int64_t> read_moment(std::string text) {
  const std::string_view year = std::string_view(text).substr(0, 4);
  if (text.size() < 10 || year < kFirstYear || year > kLastYear) return std::nullopt;
  const bool local = text.find('T') != std::string::npos && text.back() >= '0' &&
                     text.back() <= '9' && text.find_first_of("+Z") == std::string::npos &&
                     text.rfind('-') < 10;
  return parse_time(local ? text + "Z" : text);
}

// A moment as it is written, in a year that times do not reach.
bool is_out_of_reach(std::string text) {
  if (text.find_first_not_of("0123456789") != kFirstYear.size()) return false;
  return read_moment(text.replace(0, kFirstYear.size(), "2000")).has_value();
}

bool is_data_name(std::string_view name) {
  return !name.empty() && name.size() <= kDataNameBytesMax &&
         std::none_of(name.begin(), name.end(), [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte <= 0x20 || byte == 0x7f || c == '"' || c == '\'' || c == '\\';
         });
}

void check_data_name(Draft& draft, const config::Value& value, std::string_view what) {
  if (is_data_name(value.as_text())) return;
  draft.refuse(value.place, fmt::format("a {} has 1 to {} bytes, no spaces, quotes or backslashes",
                                        what, kDataNameBytesMax));
}

TimeRange read_range(Draft& draft, const config::Value& value, std::string_view key) {
  const bool pair = value.is_array() && value.items().size() == 2 && value.items()[0].is_text() &&
                    value.items()[1].is_text();
  if (!pair) {
    draft.refuse(value.place,
                 fmt::format("'{}' must be two dates: {} = [2021-01-01, 2023-01-01]", key, key));
    return {};
  }
  std::int64_t moments[2] = {};
  for (int i = 0; i < 2; ++i) {
    const config::Value& item = value.items()[static_cast<std::size_t>(i)];
    const auto moment = read_moment(item.as_text());
    if (!moment && is_out_of_reach(item.as_text())) {
      draft.refuse(item.place, fmt::format("'{}' is out of reach: times lie in the years {} to {}",
                                           item.as_text().substr(0, 40), kFirstYear, kLastYear));
      return {};
    }
    if (!moment) {
      draft.refuse(item.place, fmt::format("'{}' is no date or time in UTC (2021-01-31 or "
                                           "2021-01-31T12:00:00Z)",
                                           item.as_text().substr(0, 40)));
      return {};
    }
    moments[i] = *moment;
  }
  if (moments[0] >= moments[1]) {
    draft.refuse(value.place, fmt::format("'{}' ends before it begins: it runs from the first date "
                                          "to before the second",
                                          key));
  }
  return {moments[0], moments[1]};
}

// Names none where the list is empty: that is complained of where it counts.
std::vector<std::string> listed_symbols(Draft& draft, const Section& section) {
  std::vector<std::string> symbols;
  std::set<std::string> seen;
  for (const config::Value* item : section.texts("symbols", kSymbolsMax)) {
    check_data_name(draft, *item, "symbol");
    if (item->as_text() == "portfolio") {
      draft.refuse(item->place, "no symbol may be called 'portfolio': results use that name");
    }
    if (!seen.insert(item->as_text()).second) {
      draft.refuse(item->place, fmt::format("symbol '{}' is listed twice", item->as_text()));
    }
    symbols.push_back(item->as_text());
  }
  return symbols;
}

std::vector<std::string> read_symbols(Draft& draft, const Section& section) {
  std::vector<std::string> symbols = listed_symbols(draft, section);
  if (symbols.empty() && section.need("symbols")) section.refuse("symbols", "names no symbol");
  return symbols;
}

void read_timeframe(Draft& draft, const Section& section, DataSettings& data) {
  const config::Value* value = section.need("timeframe");
  if (!value) return;
  std::string text;
  section.text("timeframe", text);
  if (!draft.ok()) return;
  auto timeframe = market::parse_timeframe(text);
  if (!timeframe) return draft.refuse(value->place, timeframe.error().message);
  data.timeframe = *timeframe;
}

const std::vector<std::string>& data_keys() {
  static const std::vector<std::string> kKeys = {
      "source",        "symbols",          "timeframe",    "in_sample",
      "out_of_sample", "periods_per_year", "min_coverage", "shuffle"};
  return kKeys;
}

// What an override replaces is wrong all the same: the next run without it would say so.
void check_replaced(Draft& draft) {
  const config::Value* table = draft.file_root().find("data");
  if (!table || !table->is_table()) return;
  const Section section(draft, *table, "data", data_keys());
  listed_symbols(draft, section);
  DataSettings ignored;
  if (section.find("timeframe")) read_timeframe(draft, section, ignored);
}

}  // namespace

DataSettings read_data(Draft& draft) {
  check_replaced(draft);
  const Section section(draft, "data", data_keys());
  DataSettings data;
  section.text("source", data.source);
  if (const config::Value* source = section.need("source"); source && draft.ok()) {
    check_data_name(draft, *source, "source");
  }
  data.symbols = read_symbols(draft, section);
  read_timeframe(draft, section, data);
  if (const config::Value* value = section.need("in_sample")) {
    data.in_sample = read_range(draft, *value, "in_sample");
  }
  if (const config::Value* value = section.find("out_of_sample")) {
    data.out_of_sample = read_range(draft, *value, "out_of_sample");
    if (data.out_of_sample->from_ns < data.in_sample.to_ns &&
        data.in_sample.from_ns < data.out_of_sample->to_ns) {
      section.refuse("out_of_sample", "overlaps 'in_sample': what was searched cannot judge");
    }
  }
  if (section.find("periods_per_year")) {
    data.periods_per_year = 0;
    section.number("periods_per_year", *data.periods_per_year, 1, 366);
  }
  section.number("min_coverage", data.min_coverage, 0, 1);
  section.whole("shuffle", data.shuffle, 0, kShuffleMax);
  if (data.shuffle > 0 && data.out_of_sample)
    section.refuse("shuffle",
                   "needs an experiment without 'out_of_sample': a shuffled past has no future");
  return data;
}

}  // namespace mendel::strategy
