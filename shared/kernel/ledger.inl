// The loop of ledger.hpp, included by one source file for each instruction set, within its own
// unnamed namespace. What depends on a trade's luck is done without a branch: half of those would
// be mispredicted. Functions of other headers are not called here: the linker keeps one of each.

// kCompounds: as Trading::compounding has it, else as Trading::shares.
template <bool kCompounds>
struct LedgerPass {
  const LedgerBlock& block;
  double* const before;
  double* const after;
  std::size_t moves = 0;
  Account account;
  backtest::Totals totals;
  DailyReturns returns;
  bool may_ruin = false;

  LedgerPass(const LedgerBlock& of, const Ledger& state, Moves& room)
      : block(of),
        before(room.before.data()),
        after(room.after.data() + (kCompounds ? 0 : 1)),
        account(state.account),
        totals(state.totals),
        returns(state.returns) {
    room.after[0] = returns.mark;
  }

  double equity_at(double price) const {
    return account.holding.cash + account.holding.quantity * price;
  }

  // What is negative of a short.
  static double sign_of(const Stretch& stretch) {
    constexpr double kSigns[] = {1, -1};
    return kCompounds ? 1 : kSigns[stretch.is_short ? 1 : 0];
  }
  static double size_of(double value) { return kCompounds ? value : std::abs(value); }

  void open(const Stretch& stretch) {
    const double sign = sign_of(stretch);
    double& cash = account.holding.cash;
    double spent = cash;
    if constexpr (!kCompounds) {
      spent = block.share * cash;
      spent = spent < block.money_most ? spent : block.money_most;
    }
    const double quantity = spent / (sign * stretch.entry * (1 + block.fee));
    const double notional = quantity * stretch.entry;
    account.equity_at_entry = cash;
    account.entry_price = stretch.entry;
    account.entry_fee = notional * (sign * block.fee);
    account.fails |= !(size_of(quantity) > 0);
    account.holding.quantity = quantity;
    cash = cash - notional - account.entry_fee;
  }

  void close(const Stretch& stretch) {
    double& cash = account.holding.cash;
    const double quantity = account.holding.quantity;
    const double notional = quantity * stretch.exit;
    const double fee = notional * (sign_of(stretch) * block.fee);
    const double profit = quantity * (stretch.exit - account.entry_price) - account.entry_fee - fee;
    ++totals.trades;
    totals.wins += static_cast<std::int64_t>(profit > 0);
    totals.lost += static_cast<std::int64_t>(profit < 0);
    totals.gains += profit > 0 ? profit : 0;
    totals.losses += profit < 0 ? profit : 0;
    totals.returns += profit / account.equity_at_entry;
    totals.traded += size_of(quantity * account.entry_price);
    totals.traded += size_of(notional);
    cash = cash + notional - fee;
    account.holding.quantity = 0;
    account.fails |= !(cash > 0);
  }

  // Bars [bar, end) without a position.
  void flat(std::size_t bar, std::size_t end) {
    const double cash = account.holding.cash;
    const std::int64_t behind = block.rows[end].days;
    move(cash, behind);
    mark(cash, behind);
    totals.equity_sum += static_cast<double>(static_cast<std::int64_t>(end - bar)) * cash;
  }

  // The days before day `behind` ended, if there are any, the first of them at this equity.
  void move(double equity, std::int64_t behind) {
    if constexpr (kCompounds) before[moves] = returns.mark;
    after[moves] = equity;
    moves += behind != returns.day ? 1 : 0;
  }

  // Likewise the last of them. A choice between two places is no branch.
  void mark(double equity, std::int64_t behind) {
    const double marks[] = {returns.mark, equity};
    if constexpr (kCompounds) returns.mark = marks[behind != returns.day ? 1 : 0];
    returns.day = behind;
  }

  void hold_days(std::int64_t behind) {
    if constexpr (kCompounds) {
      sum_days(behind);
    } else {
      list_days(behind);
    }
  }

  // With all of the equity in the position it returns what the price does: sums of powers know.
  void sum_days(std::int64_t behind) {
    const std::int64_t any = behind != returns.day ? 1 : 0;
    const DaySums& first = block.days[returns.day];
    const DaySums& last = block.days[behind - any];  // of no day the sums are 0
    move(equity_at(first.close), behind);
    add_days(first, last);
    mark(equity_at(last.close), behind);
  }

  void add_days(const DaySums& first, const DaySums& last) {
#if defined(__AVX2__)
    static_assert(kPowers == 6);
    double* const powers = returns.powers.data();
    const auto four = [](const Powers& of) { return _mm256_loadu_pd(of.data()); };
    const auto two = [](const Powers& of) { return _mm_loadu_pd(of.data() + 4); };
    const __m256d sums4 = _mm256_sub_pd(four(last.sum), four(first.sum));
    const __m256d rests4 = _mm256_sub_pd(four(last.rest), four(first.rest));
    const __m128d sums2 = _mm_sub_pd(two(last.sum), two(first.sum));
    const __m128d rests2 = _mm_sub_pd(two(last.rest), two(first.rest));
    const __m256d all4 = _mm256_add_pd(_mm256_loadu_pd(powers), _mm256_add_pd(sums4, rests4));
    const __m128d all2 = _mm_add_pd(_mm_loadu_pd(powers + 4), _mm_add_pd(sums2, rests2));
    _mm256_storeu_pd(powers, all4);
    _mm_storeu_pd(powers + 4, all2);
#else
    for (std::size_t k = 0; k < kPowers; ++k) {
      returns.powers[k] += (last.sum[k] - first.sum[k]) + (last.rest[k] - first.rest[k]);
    }
#endif
  }

  void list_days(std::int64_t behind) {
    const double* const closes = block.day_closes + returns.day;
    double* const equities = after + moves;
    const auto days = static_cast<std::size_t>(behind - returns.day);
    moves += days;
    returns.day = behind;
#if defined(__AVX2__)
    const __m256d cash = _mm256_set1_pd(account.holding.cash);
    const __m256d quantity = _mm256_set1_pd(account.holding.quantity);
    std::size_t i = 0;
    do {  // mostly once: how many days there are is not for branches to know
      const __m256d worth = _mm256_mul_pd(quantity, _mm256_loadu_pd(closes + i));
      _mm256_storeu_pd(equities + i, _mm256_add_pd(cash, worth));
      i += kDaysAtOnce;
    } while (i < days);
#else
    for (std::size_t i = 0; i < days; ++i) equities[i] = equity_at(closes[i]);
#endif
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
    const double high = equity_at(most[0] > most[1] ? most[0] : most[1]);
    const double low = equity_at(least[0] < least[1] ? least[0] : least[1]);
    if constexpr (kCompounds) return {high, low};
    return {high > low ? high : low, high < low ? high : low};
  }

  bool is_near_ruin(const Stretch& stretch) const {
    const double worst = equity_at(block.worst[stretch.is_short ? 1 : 0]);
    return !(worst > kFarFromRuin * std::abs(account.holding.cash));
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
    if constexpr (!kCompounds) may_ruin |= is_near_ruin(stretch);
    out.equities = equities(stretch.begin, stretch.end);
    hold_days(end.days);
    totals.equity_sum +=
        static_cast<double>(bars) * account.holding.cash + account.holding.quantity * closes;
    totals.held_bars += bars + (stretch.at_close ? 1 : 0);
  }
};

template <bool kCompounds>
bool trade(const LedgerBlock& block, Ledger& state, Moves& moves, HeldStretch* held) {
  LedgerPass<kCompounds> pass(block, state, moves);
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
    if (stretch.end < end) pass.flat(stretch.end, end);
    held[i].flat_end = static_cast<std::uint32_t>(end);
    held[i].cash = pass.account.holding.cash;
  }
  moves.count = pass.moves;
  state.account = pass.account;
  state.totals = pass.totals;
  state.returns = pass.returns;
  if constexpr (!kCompounds) state.returns.mark = moves.after[moves.count];
  return pass.may_ruin;
}
