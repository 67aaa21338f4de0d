#include "shared/base/time.hpp"
#include "shared/config/value.hpp"
#include "shared/wire/codec.hpp"
#include "shared/wire/fields.hpp"

namespace mendel::wire {
namespace {

using config::Value;

// Makes a table of the fields of a message; moments (…_ns) become ISO-8601 text.
class Describer {
 public:
  template <class T>
  void operator()(const char* name, const T& value) {
    table_.set(name, to_value(value));
  }

  void operator()(const char* name, const std::int64_t& value) {
    std::string_view label = name;
    if (!label.ends_with("_ns")) return void(table_.set(label, value));
    label.remove_suffix(3);
    table_.set(label, format_time(value));
  }

  Value take() { return std::move(table_); }

 private:
  template <class Struct>
  static Value to_value(const Struct& item) {
    Describer inner;
    fields(inner, item);
    return inner.take();
  }
  static Value to_value(const std::string& text) { return text; }
  static Value to_value(std::uint64_t value) { return value; }
  static Value to_value(std::uint32_t value) { return std::int64_t{value}; }
  static Value to_value(std::uint8_t value) { return std::int64_t{value}; }
  static Value to_value(bool value) { return value; }
  static Value to_value(double value) { return value; }
  static Value to_value(const Digest& digest) { return digest.hex(); }
  static Value to_value(market::Window window) { return market::window_name(window); }
  static Value to_value(const market::Metrics& metrics) {
    Value table = Value::table();
    for (std::size_t i = 0; i < market::kMetricCount; ++i) {
      const auto value = metrics.get(static_cast<market::Metric>(i));
      table.set(market::kMetricNames[i], value ? Value(*value) : Value());
    }
    return table;
  }
  static Value to_value(const market::Bar& bar) {
    Value table = Value::table();
    table.set("time", format_time(bar.time_ns));
    table.set("open", bar.open);
    table.set("high", bar.high);
    table.set("low", bar.low);
    table.set("close", bar.close);
    table.set("volume", bar.volume);
    return table;
  }
  template <class Item>
  static Value to_value(const std::vector<Item>& items) {
    Value array = Value::array();
    for (const Item& item : items) array.push(to_value(item));
    return array;
  }

  Value table_ = Value::table();
};

}  // namespace

std::string to_json(const Message& message) {
  Value line = Value::table();
  line.set("message", kind_name(message));
  Describer describer;
  std::visit([&](const auto& value) { fields(describer, value); }, message);
  Value described = describer.take();
  for (auto& [name, value] : described.entries()) line.set(name, std::move(value));
  return config::to_json(line);
}

}  // namespace mendel::wire
