#include "shared/compression/compressed_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <zstd.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <string_view>
#include <utility>

#include "shared/base/file.hpp"
#include "shared/base/ids.hpp"

namespace mendel::compression {
namespace {

constexpr int kLevel = 3;  // 300 MB/s on one core; the next levels save a few percent

struct FreeContext {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

// Up to buffer.size() bytes; 0 = the end.
Result<std::size_t> read_some(const File& file, std::string& buffer, const std::string& path) {
  for (;;) {
    const ssize_t got = ::read(file.fd(), buffer.data(), buffer.size());
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) return file_error(errno, "read", path);
  }
}

Error damaged(const std::string& path, std::string_view why) {
  return operator_error(fmt::format("{}: {}: restore it from a backup", path, why));
}

Result<File> open(const std::string& path, int flags) {
  int error_number = 0;
  File file = File::open(path, flags, &error_number);
  if (!file.is_open()) return file_error(error_number, "open", path);
  return file;
}

class Compressor {
 public:
  Compressor(File from, File to, std::string path)
      : from_(std::move(from)),
        to_(std::move(to)),
        path_(std::move(path)),
        context_(ZSTD_createCCtx()),
        in_(ZSTD_CStreamInSize(), '\0'),
        out_(ZSTD_CStreamOutSize(), '\0') {
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, kLevel);
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
  }

  Status run() {
    for (;;) {
      const Result<std::size_t> got = read_some(from_, in_, path_);
      if (!got) return got.error();
      if (Status put = feed(*got); !put) return put;
      if (*got == 0) break;
    }
    if (const int error_number = to_.sync_data()) return file_error(error_number, "sync", path_);
    return {};
  }

 private:
  Status feed(std::size_t bytes) {
    const ZSTD_EndDirective mode = bytes == 0 ? ZSTD_e_end : ZSTD_e_continue;
    ZSTD_inBuffer input{in_.data(), bytes, 0};
    for (;;) {
      ZSTD_outBuffer output{out_.data(), out_.size(), 0};
      const std::size_t left = ZSTD_compressStream2(context_.get(), &output, &input, mode);
      if (ZSTD_isError(left) != 0) return damaged(path_, ZSTD_getErrorName(left));
      if (const int error_number = to_.write_all({out_.data(), output.pos})) {
        return file_error(error_number, "write the compressed", path_);
      }
      const bool done = mode == ZSTD_e_end ? left == 0 : input.pos == input.size;
      if (done) return {};
    }
  }

  File from_;
  File to_;
  std::string path_;
  std::unique_ptr<ZSTD_CCtx, FreeContext> context_;
  std::string in_;
  std::string out_;
};

Status decompress(const std::string& from, const std::string& to, std::uint64_t bytes_max) {
  const Result<File> source = open(from, O_RDONLY);
  if (!source) return source.error();
  Result<File> target = open(to, O_WRONLY | O_CREAT | O_TRUNC);
  if (!target) return target.error();
  const std::unique_ptr<ZSTD_DCtx, FreeContext> context(ZSTD_createDCtx());
  std::string in(ZSTD_DStreamInSize(), '\0');
  std::string out(ZSTD_DStreamOutSize(), '\0');
  std::uint64_t written = 0;
  std::size_t expects = 1;  // 0 = the frame is whole
  for (;;) {
    const Result<std::size_t> got = read_some(*source, in, from);
    if (!got) return got.error();
    if (*got == 0) break;
    ZSTD_inBuffer input{in.data(), *got, 0};
    while (input.pos < input.size) {
      ZSTD_outBuffer output{out.data(), out.size(), 0};
      expects = ZSTD_decompressStream(context.get(), &output, &input);
      if (ZSTD_isError(expects) != 0) return damaged(from, ZSTD_getErrorName(expects));
      written += output.pos;
      if (written > bytes_max) return damaged(from, fmt::format("more than {} bytes", bytes_max));
      if (const int error_number = target->write_all({out.data(), output.pos})) {
        return file_error(error_number, "write", to);
      }
    }
  }
  return expects == 0 ? Status() : Status(damaged(from, "it is cut off"));
}

}  // namespace

Result<std::uint64_t> compress_file(const std::string& from, const std::string& to) {
  const std::string temporary = fmt::format("{}.tmp.{}", to, make_incarnation());
  Result<File> source = open(from, O_RDONLY);
  if (!source) return source.error();
  Result<File> target = open(temporary, O_WRONLY | O_CREAT | O_EXCL);
  if (!target) return target.error();
  const Status made = Compressor(*std::move(source), *std::move(target), from).run();
  if (!made || std::rename(temporary.c_str(), to.c_str()) != 0) {
    const int error_number = errno;
    ::unlink(temporary.c_str());
    return made ? file_error(error_number, "create", to) : made.error();
  }
  if (const int error_number = sync_folder(to.substr(0, to.rfind('/')))) {
    return file_error(error_number, "sync the folder of", to);
  }
  const Result<File> done = open(to, O_RDONLY);
  if (!done) return done.error();
  return static_cast<std::uint64_t>(done->size());
}

Status decompress_file(const std::string& from, const std::string& to, std::uint64_t bytes_max) {
  Status made = decompress(from, to, bytes_max);
  if (!made) ::unlink(to.c_str());
  return made;
}

}  // namespace mendel::compression
