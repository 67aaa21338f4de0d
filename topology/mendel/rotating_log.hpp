// RotatingLog: the log file of one supervised process, 5 files of 10 MB: NAME.log is the newest,
// NAME.log.4 the oldest. It remembers the last line, which is what an operator wants to see first.
// Threads: one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mendel::cli {

class RotatingLog {
 public:
  static constexpr std::int64_t kFileBytesMax = 10 << 20;
  static constexpr int kFiles = 5;

  explicit RotatingLog(std::string path, std::int64_t file_bytes_max = kFileBytesMax);
  ~RotatingLog();
  RotatingLog(RotatingLog&&) noexcept;
  RotatingLog& operator=(RotatingLog&&) = delete;

  // Appends; a disk that refuses loses the bytes, never the pipeline.
  void append(std::string_view bytes);

  const std::string& path() const { return path_; }
  // The last line that is not empty, without the time and level in front of it.
  std::string last_line() const;

 private:
  void open();
  void rotate();
  void remember(std::string_view bytes);

  std::string path_;
  std::int64_t file_bytes_max_;
  int descriptor_ = -1;
  std::int64_t size_ = 0;
  std::string complete_;  // the last whole line
  std::string partial_;   // what follows it
};

// "2026-11-22T00:40:01.123Z ERROR evaluator: why" -> "evaluator: why".
std::string without_time_and_level(std::string_view line);

}  // namespace mendel::cli
