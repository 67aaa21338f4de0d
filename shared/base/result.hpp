// Result<T>: a value or an Error. Everything that bytes, people, disks or networks can cause is
// returned as one of these; its message says where, what is wrong, and what to do next.
// Threads: plain values, like T itself.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "shared/base/check.hpp"

namespace mendel {

// What the operator has to do about an error; the value is the exit code of a process that ends
// with it (docs/operating.md).
enum class ErrorKind {
  transient = 1,        // trying again may help
  configuration = 2,    // a flag, file or setting must change first
  operator_needed = 4,  // corruption or the wrong store: a person must look
};

struct Error {
  std::string message;
  ErrorKind kind = ErrorKind::transient;

  int exit_code() const { return static_cast<int>(kind); }
};

inline Error configuration_error(std::string message) {
  return Error{std::move(message), ErrorKind::configuration};
}
inline Error transient_error(std::string message) {
  return Error{std::move(message), ErrorKind::transient};
}
inline Error operator_error(std::string message) {
  return Error{std::move(message), ErrorKind::operator_needed};
}

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  explicit operator bool() const { return state_.index() == 0; }

  // Require that the Result holds a value.
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(value()); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // Requires that the Result holds an error.
  const Error& error() const {
    check(state_.index() == 1, "error() of a Result that holds a value");
    return *std::get_if<1>(&state_);
  }

 private:
  T& value() {
    if (state_.index() != 0) check(false, "value of a failed Result: " + error().message);
    return *std::get_if<0>(&state_);
  }
  const T& value() const { return const_cast<Result*>(this)->value(); }

  std::variant<T, Error> state_;
};

// Success, or an Error.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  explicit operator bool() const { return !error_; }

  const Error& error() const {
    check(error_.has_value(), "error() of a Status that is ok");
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

}  // namespace mendel
