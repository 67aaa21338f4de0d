// Terms: builds typed expressions out of parts, checking types, periods and indexes where the text
// stands. The first complaint is kept; after it every part is empty.
// Threads: one thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "shared/strategy/expression.hpp"
#include "shared/strategy/genes.hpp"
#include "shared/strategy/lexer.hpp"

namespace mendel::strategy {

// An expression and where its text begins; null after a complaint.
struct Part {
  ExpressionPtr term;
  std::size_t offset = 0;

  explicit operator bool() const { return term != nullptr; }
};

class Terms {
 public:
  // `data` may be null: then there are no other bars to read.
  Terms(ExpressionPool& pool, const std::vector<Gene>& genes, const DataSettings* data)
      : pool_(pool), genes_(genes), data_(data) {}

  Part number(double value, std::size_t offset);
  Part text(std::string_view value, std::size_t offset);
  Part gene(std::size_t index, std::size_t offset);
  Part column(Column column, std::size_t offset);
  Part index(const Part& series, const Part& count);
  Part unary(Op op, const Part& operand, std::size_t offset);
  Part binary(Op op, const Part& left, const Part& right);
  Part call(const Function& function, const std::vector<Part>& arguments, std::size_t offset);

  Part complain(std::size_t offset, std::string what);
  const std::optional<Complaint>& complaint() const { return complaint_; }

 private:
  Part finish(Expression draft, std::size_t offset);
  // The arguments of a call, checked and put into the draft.
  bool take(const Function& function, const std::vector<Part>& arguments, Expression& draft);
  bool take_one(const Function& function, std::size_t i, const Part& argument, Expression& draft,
                Periods& longest);
  Part average(const Function& function, const std::vector<Part>& arguments, std::size_t offset);
  Part at(const std::vector<Part>& arguments, std::size_t offset);
  Part of_symbol(const std::vector<Part>& arguments, std::size_t offset);
  bool check_longer(std::int64_t length_ns, const Part& timeframe, const Part& inner);
  bool require_name(const Part& part, std::string_view user);
  Part choice_is(const Part& gene, const Part& text, bool negated);
  // True when the part has the type; complains otherwise, on behalf of `user`.
  bool require(const Part& part, Type type, std::string_view user);
  // True when the constant is a whole number within [least, kPeriodMax] for every genome.
  bool require_count(const Part& part, double least, std::string_view user);
  // True when it is a constant that every genome defines.
  bool require_constant(const Part& part, std::string_view user);

  ExpressionPool& pool_;
  const std::vector<Gene>& genes_;
  const DataSettings* data_;
  std::optional<Complaint> complaint_;
};

}  // namespace mendel::strategy
