#include "stages/results_writer/process.hpp"

#include <fmt/format.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "shared/base/log.hpp"
#include "shared/database/figures.hpp"
#include "shared/durable_log/waiting.hpp"
#include "shared/store/mount.hpp"
#include "stages/results_writer/ownership.hpp"

namespace mendel::results_writer {
namespace {

using runtime::Edge;

constexpr std::int64_t kTakeEveryNs = kNsPerSecond / 2;
constexpr std::int64_t kTakesOnNs = kNsPerSecond;    // when it is asked to stop: what is on its way
constexpr std::int64_t kLookEveryNs = kNsPerSecond;  // at the size of the log
constexpr std::int64_t kBackupEveryNs = 60 * kNsPerSecond;  // looked for
constexpr std::int64_t kRetryAppendNs = kNsPerSecond;       // after a full disk
constexpr std::int64_t kNoticeEveryNs = kNsPerSecond;       // so that a lost last notice is missed
constexpr std::int64_t kStoredEveryNs = kNsPerSecond / 5;   // while the drain goes on
constexpr std::size_t kRecoverPerTurn = 5000;               // some 10 ms

class Process final : public runtime::Stage {
 public:
  Process(store::Store store, ProcessOptions options)
      : store_(std::move(store)),
        options_(std::move(options)),
        space_(store_.path(), options_.free_bytes_min, options_.look_at_disk),
        mount_(store_),
        wake_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    check(wake_fd_ >= 0, "the kernel gives an eventfd");
  }
  ~Process() override {
    own_.reset();
    retired_.clear();
    ::close(wake_fd_);
  }

  void receive(runtime::Delivery delivery, Now, runtime::Outbox&) override {
    if (recording()) own_->core().receive(std::move(delivery.message));
  }

  void subscription(Edge edge, const std::string&, bool joined, Now, runtime::Outbox&) override {
    greet_ = greet_ || (joined && edge == Edge::recorded);
  }

  int work(Now now, runtime::Outbox& out) override;
  bool wants(Edge edge) const override;
  std::vector<int> wake_descriptors() const override { return {wake_fd_}; }
  runtime::Readiness readiness() const override;
  void samples(std::vector<wire::Sample>& out) const override;
  void stop(Now now, runtime::Outbox&) override {
    stopping_ = true;
    stopped_at_ns_ = now.monotonic_ns;
  }
  bool drained() const override;
  const Error* failure() const override { return failure_ ? &*failure_ : nullptr; }

 private:
  bool recording() const { return own_ && own_->recovered(); }
  int take(Now now);
  int recover();
  int record(Now now, runtime::Outbox& out);
  std::size_t append(Now now);
  bool superseded(Now now);
  int publish(Now now, runtime::Outbox& out);
  void look_for_backup(Now now);
  void fail(Error error) {
    if (!failure_) failure_ = std::move(error);
  }
  void clear_wake();

  store::Store store_;
  ProcessOptions options_;
  store::Space space_;
  store::Mount mount_;
  int wake_fd_;
  std::unique_ptr<Ownership> own_;
  std::vector<std::unique_ptr<Ownership>> retired_;  // superseded, their drains are still ending
  std::optional<Error> failure_;

  std::string standby_ = "waiting for the store";  // why there is no own_
  std::int64_t took_at_ns_ = 0;
  std::string blocked_;  // why the log takes nothing
  std::int64_t blocked_at_ns_ = 0;
  std::uint64_t undrained_ = 0;
  durable_log::Waiting waiting_;
  std::optional<double> backup_age_seconds_;  // none was ever made: nobody counts on one
  std::int64_t backup_looked_ns_ = 0;
  std::int64_t looked_at_ns_ = 0;
  std::int64_t noticed_at_ns_ = 0;
  std::uint64_t noticed_stored_ = 0;
  bool greet_ = false;
  bool stopping_ = false;
  std::int64_t stopped_at_ns_ = 0;
  bool takes_no_more_ = false;  // a run that goes on would keep it from ever being drained
};

int Process::work(Now now, runtime::Outbox& out) {
  clear_wake();
  for (const auto& old : retired_) old->gauges();  // enforces the deadline of its last statement
  std::erase_if(retired_, [](const auto& old) { return old->idle(); });
  if (failure_) return 0;
  takes_no_more_ = stopping_ && now.monotonic_ns - stopped_at_ns_ > kTakesOnNs;
  space_.look(now);
  mount_.look(now);
  if (!own_) return stopping_ ? 0 : take(now);
  own_->epoch().heartbeat(now);
  if (superseded(now)) return 1;
  return own_->recovered() ? record(now, out) : recover();
}

// A living owner keeps its epoch: then this is a standby that asks again.
int Process::take(Now now) {
  if (took_at_ns_ != 0 && now.monotonic_ns - took_at_ns_ < kTakeEveryNs) return 0;
  took_at_ns_ = now.monotonic_ns;
  Result<std::unique_ptr<Ownership>> taken = Ownership::take(store_, now);
  if (taken) {
    own_ = *std::move(taken);
    blocked_.clear();
    greet_ = true;
    return 1;
  }
  if (taken.error().kind == ErrorKind::transient) {
    if (standby_ != taken.error().message) log::warn("standby: {}", taken.error().message);
    standby_ = taken.error().message;
  } else {
    fail(taken.error());
  }
  return 0;
}

int Process::recover() {
  const Result<bool> done = own_->recover(kRecoverPerTurn);
  if (!done) {
    fail(done.error());
    return 0;
  }
  if (!*done) return 1;
  Result<std::unique_ptr<ResultSink>> sink = options_.open_sink();
  if (!sink) {
    fail(sink.error());
    return 0;
  }
  own_->start_drain(
      *std::move(sink),
      [fd = wake_fd_] {
        const std::uint64_t one = 1;
        [[maybe_unused]] const ssize_t written = ::write(fd, &one, sizeof one);
      },
      options_.archive);
  return 1;
}

bool Process::superseded(Now now) {
  const std::optional<store::EpochOwner> owner = own_->epoch().superseded(now);
  if (!owner) return false;
  standby_ = "superseded: " + store::describe(*owner);
  log::error("{}; standing by until it is gone", standby_);
  own_->give_up();
  retired_.push_back(std::move(own_));
  return true;
}

int Process::record(Now now, runtime::Outbox& out) {
  const std::size_t appended = append(now);
  const std::size_t read = own_->look_up();
  const int published = publish(now, out);
  for (const std::string& line : own_->core().take_complaints()) log::error("{}", line);
  if (looked_at_ns_ == 0 || now.monotonic_ns - looked_at_ns_ >= kLookEveryNs) {
    looked_at_ns_ = now.monotonic_ns;
    look_for_backup(now);
    undrained_ = own_->undrained_bytes();
    const durable_log::Position stored = own_->drained().stored;
    waiting_.look(undrained_ == 0 ? stored : own_->log_end(), stored, now);
    own_->follow_damage(now);
  }
  if (const auto state = own_->drained(); state.failure) fail(*state.failure);
  return static_cast<int>(std::min<std::size_t>(appended + read, 1 << 20)) + published;
}

void Process::look_for_backup(Now now) {
  if (backup_looked_ns_ != 0 && now.monotonic_ns - backup_looked_ns_ < kBackupEveryNs) return;
  backup_looked_ns_ = now.monotonic_ns;
  const auto made_ns = store_.latest_backup_ns();
  backup_age_seconds_.reset();
  if (made_ns) backup_age_seconds_ = static_cast<double>(now.wall_ns - *made_ns) / 1e9;
}

std::size_t Process::append(Now now) {
  if (!blocked_.empty() && now.monotonic_ns - blocked_at_ns_ < kRetryAppendNs) return 0;
  const Result<std::size_t> appended = own_->commit();
  if (appended) {
    if (!blocked_.empty()) log::info("the log takes records again");
    blocked_.clear();
    return *appended;
  }
  if (appended.error().kind != ErrorKind::transient) {
    fail(appended.error());
    return 0;
  }
  if (blocked_.empty()) log::error("{}", appended.error().message);
  blocked_ = appended.error().message;
  blocked_at_ns_ = now.monotonic_ns;
  return 0;
}

int Process::publish(Now now, runtime::Outbox& out) {
  if (failure_) return 0;  // what a failed fsync left behind is not spoken of
  const std::uint64_t stored = own_->drained().stored_total;
  const std::int64_t silent_ns = now.monotonic_ns - noticed_at_ns_;
  const bool notice = greet_ || noticed_at_ns_ == 0 || silent_ns >= kNoticeEveryNs ||
                      (stored != noticed_stored_ && silent_ns >= kStoredEveryNs);
  const bool greeted = std::exchange(greet_, false);
  std::vector<wire::Recorded> messages = own_->core().flush(stored, notice);
  if (messages.empty()) return 0;
  noticed_at_ns_ = now.monotonic_ns;
  noticed_stored_ = stored;
  int news = greeted ? 1 : 0;
  for (wire::Recorded& message : messages) {
    news += static_cast<int>(message.scores.size() + message.record_ids.size());
    out.publish(Edge::recorded, "recorded.", std::move(message));
  }
  return news;
}

bool Process::wants(Edge edge) const {
  if (!recording() || failure_ || takes_no_more_) return false;
  if (edge == Edge::queries) return true;
  if (!blocked_.empty() || own_->core().pending_bytes() > kPendingBytesMax) return false;
  if (space_.is_short() || !mount_.is_healthy()) return false;
  return edge != Edge::scores || undrained_ < options_.log_bytes_max;
}

runtime::Readiness Process::readiness() const {
  if (failure_) return {false, failure_->message};
  if (!own_) return {false, standby_};
  if (!own_->recovered()) {
    return {false, fmt::format("reading the log: {} records so far", own_->core().records_total())};
  }
  if (!blocked_.empty()) return {false, blocked_};
  if (!mount_.is_healthy()) return {false, mount_.trouble()};
  if (space_.is_short()) {
    return {false, "no scores and records are taken: " + space_.shortage()};
  }
  const Drain::State state = own_->drained();
  const std::string database = state.away.empty() ? "" : "database away: " + state.away;
  if (undrained_ >= options_.log_bytes_max) {
    return {false, fmt::format("the log holds {} bytes that are not in the database "
                               "(log_bytes_max is {}): no scores are taken; {}",
                               undrained_, options_.log_bytes_max, database)};
  }
  if (!database.empty()) return {false, database};
  if (!state.reached) return {false, "connecting to the database"};
  return {true, own_->quarantine().note()};
}

void Process::samples(std::vector<wire::Sample>& out) const {
  if (!own_) return;
  const Counters& counters = own_->core().counters();
  const Drain::State state = own_->drained();
  const auto add = [&](const char* name, auto value) {
    out.push_back({name, "", static_cast<double>(value)});
  };
  add("epoch", own_->epoch().number());
  add("takeovers_10m", own_->epoch().takeovers(read_clocks()));
  add("scores_recorded_total", counters.scores);
  add("records_recorded_total", counters.records);
  add("duplicates_total", counters.duplicates);
  add("mismatches_total", counters.mismatches);
  add("refused_total", counters.refused);
  add("log_records", own_->core().records_total());
  add("log_unreadable_total", counters.unreadable + own_->quarantine().records());
  add("corrupt_records_total", own_->quarantine().records());
  add("stored_total", state.stored_total);
  add("undrained_bytes", undrained_);
  add("undrained_seconds", waiting_.seconds());
  add("log_bytes_max", options_.log_bytes_max);
  add("store_free_bytes", space_.disk().free_bytes);
  add("store_total_bytes", space_.disk().total_bytes);
  add("store_used_bytes", space_.disk().used_bytes);
  add("store_mount_healthy", mount_.is_healthy() ? 1 : 0);
  add("store_read_seconds", mount_.read_seconds());
  add("append_seconds", own_->appends().latest_seconds());
  add("store_write_seconds_total", own_->appends().seconds());
  add("store_written_bytes_total", own_->appends().bytes());
  if (backup_age_seconds_) add("backup_age_seconds", *backup_age_seconds_);
  for (database::Figure& figure : database::figures(own_->gauges(), read_clocks())) {
    out.push_back({std::move(figure.name), std::move(figure.labels), figure.value});
  }
}

// Recorded is enough to stop; what the database has not taken yet it gets in the next life, and
// while it is there it is given the time.
bool Process::drained() const {
  if (!recording() || failure_) return true;
  if (own_->core().pending_bytes() > 0 && blocked_.empty()) return false;
  const Drain::State state = own_->drained();
  return !state.reached || !state.away.empty() || own_->undrained_bytes() == 0;
}

void Process::clear_wake() {
  std::uint64_t count;
  while (::read(wake_fd_, &count, sizeof count) > 0) {
  }
}

}  // namespace

std::unique_ptr<runtime::Stage> make_process(store::Store store, ProcessOptions options) {
  return std::make_unique<Process>(std::move(store), std::move(options));
}

}  // namespace mendel::results_writer
