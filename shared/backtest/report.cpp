#include "shared/backtest/report.hpp"

#include <cstddef>
#include <utility>

#include "shared/base/check.hpp"
#include "shared/base/time.hpp"
#include "shared/strategy/result_value.hpp"

namespace mendel::backtest {

config::Value trade_value(const Trade& trade) {
  config::Value value = config::Value::table();
  value.set("symbol", trade.symbol);
  value.set("side", side_name(trade.side));
  value.set("entry_time", format_time(trade.entry_time_ns));
  value.set("entry_price", trade.entry_price);
  value.set("exit_time", format_time(trade.exit_time_ns));
  value.set("exit_price", trade.exit_price);
  value.set("quantity", trade.quantity);
  value.set("profit", trade.profit);
  value.set("reason", reason_name(trade.reason));
  return value;
}

config::Value window_value(const WindowOutcome& window, bool trades) {
  check(!window.rows.empty(), "an outcome has a row for the portfolio");
  config::Value value = strategy::metrics_value(window.rows[0].metrics);
  if (window.ruined) value.set("ruined", true);
  if (window.rows.size() > 2) {
    config::Value symbols = config::Value::table();
    for (std::size_t i = 1; i < window.rows.size(); ++i) {
      symbols.set(window.rows[i].symbol, strategy::metrics_value(window.rows[i].metrics));
    }
    value.set("symbols", std::move(symbols));
  }
  if (!trades) return value;
  config::Value list = config::Value::array();
  for (const Trade& trade : window.trades) list.push(trade_value(trade));
  value.set("trades", std::move(list));
  return value;
}

config::Value windows_value(const Outcome& outcome, bool trades) {
  config::Value value = config::Value::table();
  for (const WindowOutcome& window : outcome.windows) {
    value.set(market::window_name(window.window), window_value(window, trades));
  }
  return value;
}

}  // namespace mendel::backtest
