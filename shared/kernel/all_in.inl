// The loop of all_in.hpp, included by one source file for each instruction set, within its own
// unnamed namespace. What depends on a trade's luck is done without a branch: half of those would
// be mispredicted. Functions of other headers are not called here: the linker keeps one of each.

struct AllInPass {
  const AllInBlock& block;
  double* const before;
  double* const after;
  std::size_t moves = 0;
  Account account;
  backtest::Totals totals;
  DailyReturns returns;

  AllInPass(const AllInBlock& of, const AllIn& state, Moves& room)
      : block(of),
        before(room.before.data()),
        after(room.after.data()),
        account(state.account),
        totals(state.totals),
        returns(state.returns) {}

  double equity_at(double price) const {
    return account.holding.cash + account.holding.quantity * price;
  }

  void open(const Stretch& stretch) {
    double& cash = account.holding.cash;
    const double quantity = cash / (stretch.entry * (1 + block.fee));
    const double notional = quantity * stretch.entry;
    account.equity_at_entry = cash;
    account.entry_price = stretch.entry;
    account.entry_fee = notional * block.fee;
    account.fails |= !(quantity > 0);
    account.holding.quantity = quantity;
    cash = cash - notional - account.entry_fee;
  }

  void close(const Stretch& stretch) {
    double& cash = account.holding.cash;
    const double quantity = account.holding.quantity;
    const double notional = quantity * stretch.exit;
    const double fee = notional * block.fee;
    const double profit = quantity * (stretch.exit - account.entry_price) - account.entry_fee - fee;
    ++totals.trades;
    totals.wins += static_cast<std::int64_t>(profit > 0);
    totals.lost += static_cast<std::int64_t>(profit < 0);
    totals.gains += profit > 0 ? profit : 0;
    totals.losses += profit < 0 ? profit : 0;
    totals.returns += profit / account.equity_at_entry;
    totals.traded += quantity * account.entry_price;
    totals.traded += notional;
    cash = cash + notional - fee;
    account.holding.quantity = 0;
    account.fails |= !(cash > 0);
  }

  // Bars [bar, end) without a position.
  void flat(std::size_t bar, std::size_t end) {
    const double cash = account.holding.cash;
    const std::int64_t behind = block.rows[end].days;
    move(cash, behind);
    returns.mark = behind != returns.day ? cash : returns.mark;
    returns.day = behind;
    totals.equity_sum += static_cast<double>(static_cast<std::int64_t>(end - bar)) * cash;
  }

  // The days before day `behind` ended, if there are any, the first of them at this equity.
  void move(double equity, std::int64_t behind) {
    before[moves] = returns.mark;
    after[moves] = equity;
    moves += behind != returns.day ? 1 : 0;
  }

  // With all of the equity in the position it returns what the price does: sums of powers know.
  void hold_days(std::int64_t behind) {
    if (behind == returns.day) return;
    const DaySums& first = block.days[returns.day];
    const DaySums& last = block.days[behind - 1];
    move(equity_at(first.close), behind);
    for (std::size_t k = 0; k < kPowers; ++k) {
      returns.powers[k] += (last.sum[k] - first.sum[k]) + (last.rest[k] - first.rest[k]);
    }
    returns.mark = equity_at(last.close);
    returns.day = behind;
  }

  // Equities at the closes of bars [begin, end); those of bar `begin` where there are none.
  Extremes equities(std::uint32_t begin, std::uint32_t end) const {
    const std::uint32_t bars = begin == end ? 1 : end - begin;
    const std::uint32_t row = static_cast<std::uint32_t>(std::bit_width(bars)) - 1;
    const Places* const places = block.places + row * kBlockBars + (begin - block.first);
    const Places first = places[0];
    const Places last = places[bars - (1U << row)];
    const double* const closes = block.closes;
    const double most[] = {closes[first.most], closes[last.most]};
    const double least[] = {closes[first.least], closes[last.least]};
    return {equity_at(most[0] > most[1] ? most[0] : most[1]),
            equity_at(least[0] < least[1] ? least[0] : least[1])};
  }

  // Its bars with a position.
  void hold(const Stretch& stretch, HeldStretch& out) {
    const BarRow& begin = block.rows[stretch.begin];
    const BarRow& end = block.rows[stretch.end];
    const double closes =
        (end.close_sum - begin.close_sum) +
        (static_cast<double>(end.close_rest) - static_cast<double>(begin.close_rest));
    const std::int64_t bars = stretch.end - stretch.begin;
    out.begin = stretch.begin;
    out.end = stretch.end;
    out.holding.cash = account.holding.cash;
    out.holding.quantity = account.holding.quantity;
    out.equities = equities(stretch.begin, stretch.end);
    hold_days(end.days);
    totals.equity_sum +=
        static_cast<double>(bars) * account.holding.cash + account.holding.quantity * closes;
    totals.held_bars += bars + (stretch.at_close ? 1 : 0);
  }
};

void trade_all_in(const AllInBlock& block, AllIn& state, Moves& moves, HeldStretch* held) {
  AllInPass pass(block, state, moves);
  const std::size_t begin = block.count == 0 ? block.end : block.stretches[0].begin;
  if (block.begin < begin) {
    const std::size_t from =
        block.begin < block.first_tradable ? block.first_tradable : block.begin;
    pass.flat(from < begin ? from : begin, begin);
  }
  for (std::size_t i = 0; i < block.count; ++i) {
    const Stretch& stretch = block.stretches[i];
    if (stretch.opens) pass.open(stretch);
    pass.hold(stretch, held[i]);
    if (stretch.closes) pass.close(stretch);
    const std::size_t end = i + 1 < block.count ? block.stretches[i + 1].begin : block.end;
    pass.flat(stretch.end, end);
    held[i].flat_end = static_cast<std::uint32_t>(end);
    held[i].cash = pass.account.holding.cash;
  }
  moves.count = pass.moves;
  state.account = pass.account;
  state.totals = pass.totals;
  state.returns = pass.returns;
}
