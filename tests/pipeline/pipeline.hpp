// Pipeline: a whole pipeline of real processes in a folder of its own, driven the way a user does:
// by the `mendel` binary. It ends with the object.
// Threads: one.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "shared/config/value.hpp"
#include "shared/runtime/stages.hpp"
#include "shared/wiring/topology.hpp"
#include "tests/support/scratch_folder.hpp"
#include "topology/mendel/child.hpp"

namespace mendel::testing {

using Environment = std::vector<std::pair<std::string, std::string>>;

// Options that make a small search of the demo's experiment, and its digest. Frozen: the same on
// Debian 12 and 13, whatever the processor, and whatever died meanwhile. It changes only with
// kEngineVersion, the experiment or its bars.
inline const std::vector<std::string> kSmallDemo = {"--population", "48", "--generations", "6"};
inline constexpr const char* kSmallDemoDigest =
    "c8d5f7cd34038a44064e7bf42ebdc186f787179e63ecdabb3281c1fc08861570";

// What one `mendel …` said and how it ended.
struct Said {
  int code = -1;  // exit code; -1 = ended by a signal
  std::string out;
  std::string err;
};

// `mendel <words>` with a clean environment (no connection string, no fixed port), to its end.
Said mendel(const std::vector<std::string>& words, const Environment& environment = {});

// The same in the background.
class Background {
 public:
  explicit Background(const std::vector<std::string>& words, const Environment& environment = {});
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  pid_t pid() const { return pid_; }
  bool running();
  Said wait();  // to its end

 private:
  void ended(cli::Ending ending);

  ScratchFolder folder_;
  pid_t pid_ = -1;
  int code_ = -1;
};

// Asks every 20 ms, for at most 60 s.
bool eventually(const std::function<bool()>& holds);

class Pipeline {
 public:
  explicit Pipeline(int evaluators, Environment environment = {});

  // Once more, after stop().
  void start();
  // Everything is ready; else a test failure with what is not.
  bool ready();
  const std::string& state() const { return folder_.path(); }
  const wiring::Topology& topology() const { return *topology_; }
  // `mendel <command> … --state <ours>`.
  Said mendel(std::vector<std::string> words) const;
  std::vector<std::string> with_state(std::vector<std::string> words) const;

  void ingest(const std::string& csv, const std::string& symbol, const std::string& source);
  // `mendel evolve --json`: its document.
  config::Value evolve(const std::string& experiment_file, std::vector<std::string> options = {});
  // One value of the database as text.
  std::string sql(const std::string& query) const;

  // Processes of a stage, by what they say about themselves.
  std::vector<runtime::StageState> stages(std::string_view stage) const;
  pid_t pid(std::string_view stage) const;  // of its first process; 0 = none
  double sample(std::string_view stage, std::string_view name) const;  // 0 = none
  // `mendel up` to its end, when it ends by itself.
  Said ended() { return up_->wait(); }
  // Ends like a user's Ctrl-C; returns the exit code, or all that `mendel up` said.
  int stop() { return end().code; }
  Said end();

 private:
  ScratchFolder folder_;
  std::optional<wiring::Topology> topology_;
  int evaluators_;
  Environment environment_;
  std::optional<Background> up_;
};

// A text at a dotted path of a document, "" when there is none; a number likewise, NaN.
std::string text_at(const config::Value& document, std::string_view path);
double number_at(const config::Value& document, std::string_view path);

}  // namespace mendel::testing
