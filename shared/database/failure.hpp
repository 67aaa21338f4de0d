// Failure: what an error of the database asks of us. Decided by SQLSTATE where there is one, and by
// text where a proxy gives one code to everything (Neon answers XX000 to a wrong password).
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "shared/base/result.hpp"

namespace mendel::database {

enum class Failure {
  permanent,  // will fail the same way until a person changes something
  retry,      // the transaction lost a race or its turn: run it again
  reconnect,  // the connection is gone or unusable
  resources,  // disk or memory of the server is full: back off
};

// `sqlstate` is empty when the connection broke before one could be told. `connecting`: the error
// is of the attempt to connect, not of a statement.
Failure classify(std::string_view sqlstate, std::string_view message, bool connecting);

// permanent -> configuration, everything else -> transient.
Error to_error(Failure failure, std::string message);

// What to do about a failed attempt to connect, as the tail of one line: "check the host name".
std::string connect_advice(std::string_view message);

// The five-character code in a libpq message of verbose style ("FATAL:  28P01: …"), or "".
std::string sqlstate_in(std::string_view message);

}  // namespace mendel::database
