// Inbox: the folder through which the operator's command hands CSV files to the stage, which may
// run as another user or in a container. Every file appears at once (written aside, synced,
// renamed); `<id>.job` comes last and says that `<id>.csv` is complete.
//
//   <id>.csv     the bytes of the user's file
//   <id>.job     Job; gone when the job is done
//   <id>.report  JobReport; the newest kReportsKept stay
// Threads: any; methods are stateless.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/result.hpp"
#include "stages/ingestor/job.hpp"

namespace mendel::ingestor {

inline constexpr std::size_t kReportsKept = 256;
inline constexpr std::size_t kJobBytesMax = 2 << 20;  // a TZif file in hexadecimal is the most

class Inbox {
 public:
  // Creates the folder when it is missing. Error: configuration, says who must allow what.
  static Result<Inbox> open(const std::string& path);

  // Hands over a checked job whose id is a ULID.
  Status submit(const Job& job, std::string_view csv) const;
  // nullopt before the stage has taken the job.
  Result<std::optional<JobReport>> report(const std::string& id) const;

  // Ids of the jobs that wait, in order.
  Result<std::vector<std::string>> jobs() const;
  Result<Job> job(const std::string& id) const;
  std::string csv_path(const std::string& id) const { return file(id, "csv"); }
  Status write(const JobReport& report) const;
  // Forgets a job and its CSV; its report stays.
  void remove(const std::string& id) const;
  // Deletes all but the newest reports, and what submissions that were cut off more than a day ago
  // left behind.
  void tidy() const;

  const std::string& path() const { return path_; }

 private:
  explicit Inbox(std::string path) : path_(std::move(path)) {}
  std::string file(const std::string& id, std::string_view ending) const;
  Status publish(const std::string& id, std::string_view ending, std::string_view bytes) const;

  std::string path_;
};

}  // namespace mendel::ingestor
