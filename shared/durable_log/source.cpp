#include "shared/durable_log/source.hpp"

#include <utility>

namespace mendel::durable_log {
namespace {

class FolderCursor : public Cursor {
 public:
  explicit FolderCursor(Reader reader) : reader_(std::move(reader)) {}
  Result<std::optional<Entry>> next(const Position* limit) override { return reader_.next(limit); }
  const ScanReport& report() const override { return reader_.report(); }

 private:
  Reader reader_;
};

class FolderSource : public Source {
 public:
  FolderSource(std::string folder, std::string store_id)
      : folder_(std::move(folder)), store_id_(std::move(store_id)) {}

  Result<std::unique_ptr<Cursor>> open(const Position& from) const override {
    Result<Reader> reader = Reader::open(folder_, store_id_, from);
    if (!reader) return reader.error();
    return std::unique_ptr<Cursor>(std::make_unique<FolderCursor>(std::move(*reader)));
  }
  const std::string& place() const override { return folder_; }

 private:
  std::string folder_;
  std::string store_id_;
};

}  // namespace

std::unique_ptr<Source> folder_source(std::string folder, std::string store_id) {
  return std::make_unique<FolderSource>(std::move(folder), std::move(store_id));
}

}  // namespace mendel::durable_log
