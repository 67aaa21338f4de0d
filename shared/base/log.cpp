#include "shared/base/log.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <ctime>
#include <map>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>

#include "shared/base/time.hpp"

namespace mendel::log {
namespace {

constexpr std::int64_t kSummaryEveryNs = 60 * kNsPerSecond;

spdlog::level::level_enum level_of(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warn:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

// The level's name as the header of log.hpp writes it: five characters, WARN instead of warning.
class LevelName : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    std::string_view name = "INFO ";
    if (message.level == spdlog::level::debug) name = "DEBUG";
    if (message.level == spdlog::level::warn) name = "WARN ";
    if (message.level >= spdlog::level::err) name = "ERROR";
    out.append(name.data(), name.data() + name.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<LevelName>();
  }
};

std::shared_ptr<spdlog::logger> make_logger(std::string_view process) {
  auto logger = std::make_shared<spdlog::logger>(std::string(process),
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  formatter->add_flag<LevelName>('*').set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %* %n: %v");
  logger->set_formatter(std::move(formatter));
  return logger;
}

std::shared_ptr<spdlog::logger>& logger() {
  static std::shared_ptr<spdlog::logger> instance = make_logger("mendel");
  return instance;
}

struct Repeat {
  std::uint64_t unwritten = 0;
  std::int64_t first_ns = 0;
  std::int64_t written_ns = 0;
};

}  // namespace

void open(std::string_view process, Level least) {
  logger() = make_logger(process);
  logger()->set_level(level_of(least));
}

Level level_from(std::string_view text) {
  if (text == "debug") return Level::debug;
  if (text == "warn") return Level::warn;
  if (text == "error") return Level::error;
  return Level::info;
}

void write(Level level, std::string_view text) {
  logger()->log(level_of(level), spdlog::string_view_t(text.data(), text.size()));
}

void repeated(Level level, std::string_view kind, std::string_view text) {
  static std::mutex mutex;
  static std::map<std::string, Repeat, std::less<>> repeats;
  const Now now = read_clocks();
  std::lock_guard lock(mutex);
  Repeat& repeat = repeats.try_emplace(std::string(kind)).first->second;
  ++repeat.unwritten;
  if (repeat.first_ns == 0) repeat.first_ns = now.wall_ns;
  if (repeat.written_ns != 0 && now.monotonic_ns - repeat.written_ns < kSummaryEveryNs) return;
  repeat.written_ns = now.monotonic_ns;
  if (repeat.unwritten == 1) {
    write(level, text);
  } else {
    write(level, fmt::format("{} (again {} times since {})", text, repeat.unwritten,
                             format_time(repeat.first_ns)));
  }
  repeat.unwritten = 0;
}

}  // namespace mendel::log
