#include "topology/mendel/progress_view.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cmath>

#include "shared/config/value.hpp"

namespace mendel::cli {
namespace {

constexpr int kBarWidth = 20;
// A terminal that is not as wide has no bar: the numbers say more.
constexpr std::size_t kBarColumns = 110;

std::string duration(double seconds) {
  if (!(seconds >= 0)) return "?";
  const auto whole = static_cast<std::int64_t>(std::lround(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

// Generations are numbered from 0; the first one is closed when it has a digest.
std::int64_t generations_done(const wire::Progress& progress) {
  return progress.digest.is_zero() ? 0 : progress.generation + 1;
}

std::string number(double value) {
  return std::isfinite(value) ? fmt::format("{:.3f}", value) : "none yet";
}

}  // namespace

std::size_t terminal_columns(std::FILE* out) {
  winsize size{};
  return ioctl(fileno(out), TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

std::string fitted(const std::string& line, std::size_t columns) {
  if (columns == 0) return line;
  std::size_t characters = 0;
  std::size_t cut = line.size();  // where the last character that stays ends
  for (std::size_t at = 0; at < line.size(); ++at) {
    if ((static_cast<unsigned char>(line[at]) & 0xC0) == 0x80) continue;  // within one
    if (++characters == columns) cut = at;
  }
  return characters <= columns ? line : line.substr(0, cut) + "…";
}

std::string with_commas(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::ptrdiff_t at = std::ssize(text) - 3; at > 0; at -= 3) text.insert(at, 1, ',');
  return text;
}

std::string progress_bar(std::int64_t done, std::int64_t total, int width) {
  const std::int64_t filled =
      total <= 0 ? 0 : std::clamp<std::int64_t>(done * width / total, 0, width);
  return fmt::format("[{:#<{}}{:.<{}}]", "", filled, "", width - filled);
}

std::string progress_text(const wire::Progress& progress) {
  if (progress.state == "waiting") {
    return progress.detail.empty() ? "waiting" : config::one_line(progress.detail);
  }
  std::string text =
      fmt::format("generation {}/{}  best {}  mean {}", generations_done(progress),
                  progress.generations, number(progress.best), number(progress.mean));
  if (progress.evaluations_per_second >= 1) {
    text += fmt::format("  {} evaluations/s",
                        with_commas(static_cast<std::uint64_t>(progress.evaluations_per_second)));
  }
  if (progress.state == "running") text += "  ETA " + duration(progress.eta_seconds);
  if (progress.redispatched > 0) {
    text += fmt::format("  {} handed out again", with_commas(progress.redispatched));
  }
  if (progress.detail.empty()) return text;
  const std::string detail = config::one_line(progress.detail);
  // What changes stands where a narrow terminal shows it.
  if (progress.state == "reporting") return detail + "  " + text;
  return text + fmt::format("  ({})", detail);
}

void ProgressView::show(const wire::Progress& progress, std::int64_t now_ns) {
  latest_ = progress;
  if (terminal_) {
    const std::size_t columns = terminal_columns(out_);
    std::string line = progress_text(progress);
    if (columns == 0 || columns >= kBarColumns) {
      line = progress_bar(generations_done(progress), progress.generations, kBarWidth) + " " + line;
    }
    fmt::print(out_, "\r\033[K{}", fitted(line, columns));
    std::fflush(out_);
    drawn_ = true;
    return;
  }
  if (progress.state == "waiting") {
    if (waiting_ != progress.detail) print(progress);
    waiting_ = progress.detail;
    return;
  }
  const bool judging = progress.state == "reporting" && progress.generation == printed_generation_;
  if (progress.generation <= printed_generation_ && !judging) return;
  if (now_ns - printed_at_ns_ < (judging ? kJudgingEveryNs : kPlainEveryNs)) return;
  printed_at_ns_ = now_ns;
  print(progress);
}

void ProgressView::print(const wire::Progress& progress) {
  if (progress.state != "waiting") printed_generation_ = progress.generation;
  fmt::print(out_, "{}\n", progress_text(progress));
  std::fflush(out_);
}

void ProgressView::finish() {
  if (drawn_) {
    fmt::print(out_, "\n");
  } else if (latest_.generation > printed_generation_) {
    print(latest_);
  }
  drawn_ = false;
}

}  // namespace mendel::cli
