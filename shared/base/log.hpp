// The log of a process: one line an entry on stderr, `2026-11-22T00:40:01.123Z WARN  evaluator: …`.
// ERROR = something is lost or someone must act, WARN = recovered, INFO = life-cycle, DEBUG =
// per-message events. Threads: any.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace mendel::log {

enum class Level { debug, info, warn, error };

// Names the process (a stage, or "mendel") in every line and sets the least level written.
void open(std::string_view process, Level least);
// nullopt-free parse: "debug" | "info" | "warn" | "error"; anything else is info.
Level level_from(std::string_view text);

void write(Level level, std::string_view text);

template <class... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::debug, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::info, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void warn(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::warn, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::error, fmt::format(format, std::forward<Args>(args)...));
}

// A repeated error is one entry: writes the first of a `kind` at once, then at most one summary
// a minute ("… (again 41 times since 00:40:01Z)").
void repeated(Level level, std::string_view kind, std::string_view text);

}  // namespace mendel::log
