#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "shared/strategy/interval.hpp"
#include "shared/strategy/sections.hpp"

namespace mendel::strategy {
namespace {

// More steps than this cannot be told apart when a value is snapped to its grid.
constexpr double kLevelsMax = 1099511627776.0;  // 2^40
constexpr double kGeneMax = 1e15;
constexpr std::size_t kChoiceBytesMax = 64;

class GeneReader {
 public:
  GeneReader(Draft& draft, const std::string& name, const config::Value& value)
      : draft_(draft), value_(value) {
    gene_.name = name;
    gene_.place = value.place;
  }

  Gene read() {
    if (!is_name(gene_.name)) {
      refuse(fmt::format("a name has letters, digits and _ only, at most {}", kNameBytesMax));
    } else if (const auto taken = reserved_as(gene_.name); !taken.empty()) {
      refuse(fmt::format("the language has {} of this name; choose another", taken));
    }
    if (!value_.is_table()) {
      refuse(
          fmt::format("must be {{ int = [5, 50] }}, {{ real = [0.5, 2], step = 0.1 }}, "
                      "{{ choice = [..] }} or {{ bool = [false, true] }}, not {}",
                      value_.type_name()));
      return gene_;
    }
    const Section section(draft_, value_, "genes." + gene_.name.substr(0, kNameBytesMax),
                          {"int", "real", "choice", "bool", "step", "log", "value"});
    const config::Value* whole = value_.find("int");
    const config::Value* real = value_.find("real");
    const config::Value* choice = value_.find("choice");
    const config::Value* flag = value_.find("bool");
    const int kinds =
        (whole != nullptr) + (real != nullptr) + (choice != nullptr) + (flag != nullptr);
    if (kinds != 1) {
      refuse("needs exactly one of int, real, choice and bool");
    } else if (flag) {
      read_flag(*flag);
    } else if (choice) {
      read_choices(*choice);
    } else {
      gene_.type = whole ? Gene::Type::integer : Gene::Type::real;
      read_range(whole ? *whole : *real, section);
    }
    if (const config::Value* own = value_.find("value"); own && draft_.ok()) {
      gene_.value = gene_.entry_of(*own);
      if (!gene_.value) refuse("value is none of those that the gene may have");
    }
    return gene_;
  }

 private:
  void refuse(const std::string& what) {
    draft_.refuse(gene_.place, fmt::format("gene '{}': {}", gene_.name.substr(0, 60), what));
  }

  bool is_integer() const { return gene_.type == Gene::Type::integer; }

  void read_range(const config::Value& range, const Section& section) {
    const bool pair = range.is_array() && range.items().size() == 2 &&
                      range.items()[0].is_number() && range.items()[1].is_number();
    if (!pair) return refuse("a range is two numbers: [5, 50]");
    gene_.least = range.items()[0].as_number() + 0.0;
    gene_.most = range.items()[1].as_number() + 0.0;
    if (!(std::fabs(gene_.least) <= kGeneMax && std::fabs(gene_.most) <= kGeneMax)) {
      return refuse(fmt::format("values lie within -{} and {}", kGeneMax, kGeneMax));
    }
    if (gene_.least > gene_.most) {
      return refuse(fmt::format("the range [{}, {}] is reversed", gene_.least, gene_.most));
    }
    gene_.step = is_integer() ? 1 : 0;
    section.number("step", gene_.step, is_integer() ? 1 : 0, kGeneMax);
    if (!draft_.ok()) return;
    if (is_integer() && !(is_whole(gene_.least) && is_whole(gene_.most) && is_whole(gene_.step))) {
      return refuse("int needs whole numbers; write real for others");
    }
    if (gene_.step > 0 && (gene_.most - gene_.least) / gene_.step > kLevelsMax) {
      return refuse("the step is too small for the range");
    }
    // The last value that the steps reach.
    gene_.most = gene_.snap(gene_.most);
    read_log();
  }

  void read_log() {
    const config::Value* log = value_.find("log");
    if (!log) return;
    if (!log->is_bool()) return refuse("log must be true or false");
    gene_.logarithmic = log->as_bool();
    if (gene_.logarithmic && !(gene_.least > 0)) {
      refuse("log = true needs a range above 0");
    }
  }

  // A choice of 0 and 1; the canonical text has it as such, and its name as a comparison.
  void read_flag(const config::Value& flag) {
    const bool both = flag.is_array() && flag.items().size() == 2 && flag.items()[0].is_bool() &&
                      flag.items()[1].is_bool() && !flag.items()[0].as_bool() &&
                      flag.items()[1].as_bool();
    if (!both) return refuse("bool is written bool = [false, true]");
    if (value_.find("step") || value_.find("log")) return refuse("bool has no step and no log");
    gene_.type = Gene::Type::choice;
    gene_.step = 1;
    gene_.most = 1;
    gene_.condition = true;
    gene_.choices = {config::Value(std::int64_t{0}), config::Value(std::int64_t{1})};
  }

  void read_choices(const config::Value& choices) {
    gene_.type = Gene::Type::choice;
    gene_.step = 1;
    if (value_.find("step")) return refuse("a choice has no step");
    if (value_.find("log")) return refuse("a choice has no log");
    if (!choices.is_array() || choices.items().empty() || choices.items().size() > kChoicesMax) {
      return refuse(fmt::format("choice lists 1 to {} numbers or texts", kChoicesMax));
    }
    for (const config::Value& item : choices.items()) {
      if (!item.is_text() && !item.is_number()) return refuse("choices are numbers or texts");
      if (item.is_text() != choices.items().front().is_text()) {
        return refuse("choices are all numbers or all texts");
      }
      item.is_text() ? add_text(item) : add_number(item);
    }
    gene_.most = static_cast<double>(gene_.choices.size()) - 1;
  }

  void add_text(const config::Value& item) {
    const std::string& text = item.as_text();
    const bool plain = !text.empty() && text.size() <= kChoiceBytesMax &&
                       std::all_of(text.begin(), text.end(), [](char c) {
                         return c >= 0x20 && c < 0x7f && c != '"' && c != '\'' && c != '\\';
                       });
    if (!plain) {
      return refuse(
          fmt::format("a choice has 1 to {} plain characters, no quotes", kChoiceBytesMax));
    }
    const bool twice = std::any_of(gene_.choices.begin(), gene_.choices.end(),
                                   [&](const auto& other) { return other.as_text() == text; });
    if (twice) return refuse(fmt::format("'{}' is listed twice", text));
    gene_.choices.emplace_back(text);
  }

  // Whole numbers are held as such, however they are written: one value, one text.
  void add_number(const config::Value& item) {
    const double number = item.as_number() + 0.0;
    if (!(std::fabs(number) <= kGeneMax)) {
      return refuse(fmt::format("values lie within -{} and {}", kGeneMax, kGeneMax));
    }
    const bool twice = std::any_of(gene_.choices.begin(), gene_.choices.end(),
                                   [&](const auto& other) { return other.as_number() == number; });
    if (twice) return refuse(fmt::format("{} is listed twice", number));
    if (is_whole(number)) {
      gene_.choices.emplace_back(static_cast<std::int64_t>(number));
    } else {
      gene_.choices.emplace_back(number);
    }
  }

  Draft& draft_;
  const config::Value& value_;
  Gene gene_;
};

}  // namespace

std::vector<Gene> read_genes(Draft& draft) {
  std::vector<Gene> genes;
  const config::Value* table = draft.root().find("genes");
  if (!table || !table->is_table() || table->entries().empty()) {
    draft.refuse(table ? table->place : config::Place{1, 1},
                 "[genes] must name at least one gene, as in fast = { int = [5, 50] }");
    return genes;
  }
  if (table->entries().size() > kGenesMax) {
    draft.refuse(table->place, fmt::format("more than {} genes", kGenesMax));
    return genes;
  }
  for (const auto& [name, value] : table->entries()) {
    if (draft.ok()) genes.push_back(GeneReader(draft, name, value).read());
  }
  std::stable_sort(genes.begin(), genes.end(),
                   [](const Gene& a, const Gene& b) { return a.name < b.name; });
  return genes;
}

}  // namespace mendel::strategy
