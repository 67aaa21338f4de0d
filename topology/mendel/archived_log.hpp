// ArchivedLog: the score log with its archive in front, as one source: the segments of the archive
// that hold records of one run, or all, then the living log. A segment is unpacked when it is read,
// into a folder of its own; a few of these are kept.
// Threads: one thread; cursors must not outlive it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/durable_log/source.hpp"
#include "shared/durable_log/survey.hpp"

namespace mendel::cli {

class ArchivedLog : public durable_log::Source {
 public:
  // `archive_folder` may be missing; `run` "" = of any run. Unpacks below `scratch_parent`
  // ("/tmp").
  static Result<std::unique_ptr<ArchivedLog>> open(std::string log_folder,
                                                   const std::string& archive_folder,
                                                   std::string store_id, const std::string& run,
                                                   const std::string& scratch_parent);
  ~ArchivedLog() override;
  ArchivedLog(const ArchivedLog&) = delete;
  ArchivedLog& operator=(const ArchivedLog&) = delete;

  Result<std::unique_ptr<durable_log::Cursor>> open(
      const durable_log::Position& from) const override;
  const std::string& place() const override { return log_folder_; }

  struct Segment {
    std::string name;
    std::string path;  // of the compressed file
  };
  const std::vector<Segment>& segments() const { return segments_; }
  const durable_log::Source& living() const { return *living_; }
  // The archived segment alone, as a log; unpacked when it is not one of the last that were.
  Result<std::unique_ptr<durable_log::Source>> unpacked(const Segment& segment) const;
  // Of the archived segments alone, as durable_log::survey.
  Result<durable_log::Survey> survey(
      const std::function<Status(const durable_log::Entry&)>& on_entry = {}) const;

 private:
  ArchivedLog(std::string log_folder, std::string store_id, std::string scratch);

  Result<std::string> unpack(const Segment& segment) const;

  std::string log_folder_;
  std::string store_id_;
  std::string scratch_;
  std::unique_ptr<durable_log::Source> living_;
  std::vector<Segment> segments_;              // ascending
  mutable std::vector<std::string> unpacked_;  // folders, the latest last
};

}  // namespace mendel::cli
