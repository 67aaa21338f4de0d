#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "shared/config/value.hpp"
#include "topology/mendel/command.hpp"
#include "topology/mendel/state_folder.hpp"

namespace mendel::cli {
namespace {

// O_EXCL: what a person has written is never replaced.
Status write_new_file(const std::string& path, const std::string& text) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (file < 0) {
    const std::string advice =
        errno == EEXIST ? "it is there already; name another file" : std::strerror(errno);
    return configuration_error(fmt::format("{}: {}", path, advice));
  }
  const ssize_t written = write(file, text.data(), text.size());
  close(file);
  if (written == static_cast<ssize_t>(text.size())) return {};
  std::remove(path.c_str());
  return transient_error(fmt::format("{}: {}", path, std::strerror(errno)));
}

Result<int> run(const config::Arguments& arguments) {
  const std::string path =
      arguments.operands().empty() ? "experiment.toml" : arguments.operands().front();
  const Result<std::string> text =
      config::read_text_file(root_folder() + "/topology/template/experiment.toml");
  if (!text) return text.error();
  if (Status written = write_new_file(path, *text); !written) return written.error();
  fmt::print("wrote {}\n", path);
  fmt::print("next: {0} ingest BARS.csv --symbol SYMBOL, then: {0} evolve {1}\n", invocation(),
             path);
  return 0;
}

}  // namespace

Command new_command() {
  Command command;
  command.spec.name = "mendel new";
  command.spec.summary = "write a commented experiment to start from";
  command.spec.operands = {"[FILE]"};
  command.spec.examples = {"mendel new", "mendel new breakout.toml"};
  command.run = run;
  return command;
}

}  // namespace mendel::cli
