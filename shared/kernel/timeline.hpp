// Timeline: the bar times of several symbols as one, and the metrics of the account that trades
// them all, whose equity is what their sleeves have at every one of these times. Threads: immutable
// after construction; the room to work in belongs to one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "shared/backtest/metrics_of.hpp"
#include "shared/backtest/simulation.hpp"
#include "shared/market/bar.hpp"
#include "shared/market/metrics.hpp"

namespace mendel::kernel {

// Bars [begin, end) of a sleeve whose equity is cash + quantity * close.
struct Piece {
  std::size_t begin = 0;
  std::size_t end = 0;
  double cash = 0;
  double quantity = 0;  // 0 = no position
};

// What a sleeve has, bar by bar.
struct Trace {
  std::vector<Piece> pieces;          // all bars of the window, ascending
  std::vector<std::size_t> closings;  // bars at whose very close a position was closed
};

class Timeline {
 public:
  // Room to work in.
  struct Room {
    std::vector<double> equity;
    std::vector<std::uint8_t> held;
    std::vector<double> returns;
  };

  // The series must outlive the timeline; spans[i] is not empty.
  Timeline(std::span<const market::SeriesView> series, std::span<const backtest::Span> spans);

  // `totals`: the sleeves' trades added up, and their starting equity. As
  // metrics_of(portfolio_of()) has it; Room::returns gets the daily returns.
  market::Metrics metrics(std::span<const Trace> sleeves, double sleeve_equity,
                          backtest::Totals totals, double periods_per_year, Room& room) const;

 private:
  void add_up(const Trace& sleeve, std::size_t symbol, double sleeve_equity, Room& room) const;
  void count(const Room& room, backtest::Totals& totals) const;

  std::span<const market::SeriesView> series_;
  std::vector<backtest::Span> spans_;
  std::vector<std::int64_t> time_ns_;
  // By symbol: where on the timeline its bars are; one more entry, the end. Empty where it has a
  // bar at every time.
  std::vector<std::vector<std::uint32_t>> places_;
  std::vector<std::uint32_t> day_ends_;  // the last place of every day
  std::size_t first_tradable_ = 0;
};

}  // namespace mendel::kernel
