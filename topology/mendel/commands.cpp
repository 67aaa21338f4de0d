#include "topology/mendel/commands.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <new>
#include <system_error>

#include "shared/base/log.hpp"
#include "shared/base/version.hpp"
#include "shared/config/options.hpp"
#include "shared/config/value.hpp"
#include "shared/wiring/edges.hpp"
#include "topology/mendel/interrupt.hpp"

namespace mendel::cli {
namespace {

constexpr int kUsage = static_cast<int>(ErrorKind::configuration);

// One line, and below it the excerpt of a file with its mark, where the error has one.
std::string shown(const std::string& message) {
  const std::size_t mark = message.rfind('\n');
  const bool is_marked = mark != std::string::npos && mark > 0 && message.ends_with('^') &&
                         message.find_first_not_of(' ', mark + 1) == message.size() - 1;
  const std::size_t line = is_marked ? message.rfind('\n', mark - 1) : std::string::npos;
  if (line == std::string::npos) return config::one_line(message);
  return config::one_line(message.substr(0, line)) + "\n" +
         config::one_line(message.substr(line + 1, mark - line - 1)) + message.substr(mark);
}

// Throws not even where nobody can read it.
int fail(const Error& error) {
  std::fputs((shown(error.message) + "\n").c_str(), stderr);
  return error.exit_code();
}

bool is_stage(std::string_view word) {
  return std::find(wiring::kStages.begin(), wiring::kStages.end(), word) != wiring::kStages.end();
}

int become_stage(const std::string& stage, char** argv) {
  const std::string binary = binary_folder() + "/" + stage;
  argv[0] = const_cast<char*>(binary.c_str());
  execv(binary.c_str(), argv);
  fmt::print(stderr, "{}: {}; build it with './mendel build'\n", binary, std::strerror(errno));
  return kUsage;
}

int run_checked(Command& command, const std::vector<std::string>& words) {
  command.spec.options.push_back({"help", "", "show this text"});
  Result<config::Arguments> arguments = config::parse_arguments(command.spec, words);
  if (!arguments) return fail(arguments.error());
  if (arguments->flag("help")) {
    fmt::print("{}", config::help_text(command.spec));
    return 0;
  }
  Result<int> code = command.run(*arguments);
  if (code) return *code;
  const int failed = fail(code.error());
  return interrupts() > 0 ? kInterrupted : failed;
}

int unknown_command(const std::string& word) {
  std::vector<std::string> known(wiring::kStages.begin(), wiring::kStages.end());
  for (const ListedCommand& listed : commands()) known.push_back(listed.word);
  const std::string nearest = config::nearest_name(word, known);
  const std::string hint = nearest.empty() ? "" : fmt::format("did you mean '{}'? ", nearest);
  fmt::print(stderr, "mendel: unknown command '{}'; {}'mendel --help' lists all\n",
             config::one_line(word), hint);
  return kUsage;
}

}  // namespace

const std::vector<ListedCommand>& commands() {
  // {"word", "group", word_command}, grouped.
  static const std::vector<ListedCommand> kCommands = {
      {"demo", "start here", demo_command},
      {"new", "start here", new_command},
      //
      {"check", "experiments", check_command},
      {"explain", "experiments", explain_command},
      {"language", "experiments", language_command},
      //
      {"ingest", "data and results", ingest_command},
      {"data", "data and results", data_command},
      {"sql", "data and results", sql_command},
      {"log", "data and results", log_command},
      //
      {"evolve", "search", evolve_command},
      {"walk-forward", "search", walk_forward_command},
      {"runs", "search", runs_command},
      {"show", "search", show_command},
      {"resume", "search", resume_command},
      {"cancel", "search", cancel_command},
      {"replay", "search", replay_command},
      {"export", "search", export_command},
      {"backtest", "search", backtest_command},
      {"verify", "search", verify_command},
      {"bench", "search", bench_command},
      //
      {"up", "pipeline", up_command},
      {"status", "pipeline", status_command},
      {"tap", "pipeline", tap_command},
      {"graph", "pipeline", graph_command},
      {"validate", "pipeline", validate_command},
      {"migrate", "pipeline", migrate_command},
      {"adopt", "pipeline", adopt_command},
      {"gc", "pipeline", gc_command},
      {"retention", "pipeline", retention_command},
      {"simulate", "pipeline", simulate_command},
      {"backup", "pipeline", backup_command},
      {"restore", "pipeline", restore_command},
      {"neon", "pipeline", neon_command},
  };
  return kCommands;
}

std::string overview() {
  std::string text =
      "usage: mendel <command> [options]\n\n"
      "Breeds trading strategies: a genetic algorithm backtests candidates on stored bars.\n";
  std::string group;
  for (const ListedCommand& listed : commands()) {
    if (listed.group != group) text += fmt::format("\n{}\n", group = listed.group);
    text += fmt::format("  {:<15} {}\n", listed.word, listed.make().spec.summary);
  }
  if (access((root_folder() + "/mendel").c_str(), X_OK) == 0) {
    text +=
        "\nfrom the source tree (./mendel)\n"
        "  prerequisites   check this machine before anything is installed\n"
        "  build           install what is missing and compile\n"
        "  test            run all tests; --slow adds the slow lane\n";
  }
  text += "\nstages (run one by itself; each answers --help)\n ";
  for (std::string_view stage : wiring::kStages) text += fmt::format(" {}", stage);
  text +=
      "\n\n'mendel <command> --help' shows a command's options and examples; "
      "'mendel --version' the version.\n";
  return text;
}

int run_command(Command command, const std::vector<std::string>& words) {
  try {
    return run_checked(command, words);
  } catch (const std::bad_alloc&) {
    return fail(transient_error(fmt::format(
        "{}: the memory it may have is not enough; raise the limit, or give it less to read",
        command.spec.name)));
  }
}

std::string binary_folder() {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path().string();
}

namespace {

int run_words(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "{}", overview());
    return kUsage;
  }
  const std::string word = argv[1];
  if (Status clean = config::refuse_connection_strings({word}); !clean) return fail(clean.error());
  if (word == "--help" || word == "-h" || word == "help") {
    fmt::print("{}", overview());
    return 0;
  }
  if (word == "--version") {
    fmt::print("mendel {} (engine {})\n", kProductVersion, kEngineVersion);
    return 0;
  }
  if (is_stage(word)) return become_stage(word, argv + 1);
  for (const ListedCommand& listed : commands()) {
    if (listed.word == word) return run_command(listed.make(), {argv + 2, argv + argc});
  }
  return unknown_command(word);
}

}  // namespace

int run_command_line(int argc, char** argv) {
  log::open("mendel", log::Level::warn);
  constexpr const char* kLost = "cannot write to the standard output: is that disk full?";
  try {
    const int code = run_words(argc, argv);
    const bool is_lost = std::fflush(stdout) != 0 || std::ferror(stdout) != 0;
    return is_lost && code == 0 ? fail(transient_error(kLost)) : code;
  } catch (const std::system_error& error) {  // {fmt}'s way to say it
    const bool is_lost = std::ferror(stdout) != 0 || std::ferror(stderr) != 0;
    return fail(transient_error(is_lost ? kLost : error.what()));
  }
}

}  // namespace mendel::cli
