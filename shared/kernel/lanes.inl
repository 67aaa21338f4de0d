// The loops of lanes.hpp, included by one source file for each instruction set, within its own
// unnamed namespace. Plain loops over fixed numbers of lanes: the compiler makes them wide.

template <Comparison kComparison>
bool holds(double a, double b) {
  if constexpr (kComparison == Comparison::less) return a < b;
  if constexpr (kComparison == Comparison::less_equal) return a <= b;
  if constexpr (kComparison == Comparison::greater) return a > b;
  if constexpr (kComparison == Comparison::greater_equal) return a >= b;
  if constexpr (kComparison == Comparison::equal) return a == b;
  return a < b || a > b;  // ordered: NaN differs from nothing
}

struct Values {
  const double* values;
  const float* rounded;
  double operator[](std::size_t i) const { return values[i]; }
  bool is_exact() const { return values != nullptr; }
  bool is_narrow() const { return rounded != nullptr; }
#if defined(__AVX2__)
  float one(std::size_t i) const { return rounded[i]; }
  __m256d four(std::size_t i) const { return _mm256_loadu_pd(values + i); }
  __m256 eight(std::size_t i) const { return _mm256_loadu_ps(rounded + i); }
#endif
};
struct Means {
  TickMeans means;
  std::size_t bar;
  const float* rounded;
  double operator[](std::size_t i) const {
    const std::size_t behind = bar + i + 1;
    if (behind < means.period) return std::numeric_limits<double>::quiet_NaN();
    return (means.sums[behind] - means.sums[behind - means.period]) / means.divisor;
  }
  bool is_exact() const { return true; }
  bool is_narrow() const { return true; }
#if defined(__AVX2__)
  float one(std::size_t i) const { return rounded[i]; }
  __m256d four(std::size_t i) const {
    const Means& m = *this;
    const std::size_t behind = bar + i + 1;
    if (behind < means.period) return _mm256_setr_pd(m[i], m[i + 1], m[i + 2], m[i + 3]);
    const double* const to = means.sums + behind;
    return _mm256_div_pd(_mm256_sub_pd(_mm256_loadu_pd(to), _mm256_loadu_pd(to - means.period)),
                         _mm256_set1_pd(means.divisor));
  }
  __m256 eight(std::size_t i) const { return _mm256_loadu_ps(rounded + i); }
#endif
};
struct Constant {
  double value;
  double operator[](std::size_t) const { return value; }
  bool is_exact() const { return true; }
  bool is_narrow() const { return std::abs(value) <= std::numeric_limits<float>::max(); }
#if defined(__AVX2__)
  float one(std::size_t) const { return static_cast<float>(value); }
  __m256d four(std::size_t) const { return _mm256_set1_pd(value); }
  __m256 eight(std::size_t) const { return _mm256_set1_ps(static_cast<float>(value)); }
#endif
};

template <Comparison kComparison, class A, class B>
std::uint64_t word(const A& a, const B& b, std::size_t begin) {
  std::uint64_t bits = 0;
#if defined(__AVX2__)
  constexpr int kPredicates[] = {_CMP_LT_OQ, _CMP_LE_OQ, _CMP_GT_OQ,
                                 _CMP_GE_OQ, _CMP_EQ_OQ, _CMP_NEQ_OQ};
  constexpr int kPredicate = kPredicates[static_cast<std::size_t>(kComparison)];
  for (std::size_t i = 0; i < kWordBars; i += 4) {
    const __m256d four = _mm256_cmp_pd(a.four(begin + i), b.four(begin + i), kPredicate);
    bits |= static_cast<std::uint64_t>(static_cast<unsigned>(_mm256_movemask_pd(four))) << i;
  }
#else
  for (std::size_t i = 0; i < kWordBars; ++i) {
    bits |= std::uint64_t{holds<kComparison>(a[begin + i], b[begin + i])} << i;
  }
#endif
  return bits;
}

#if defined(__AVX2__)
// Rounding keeps the order: where rounded values differ, they compare as the values do. False when
// some are equal, which says nothing.
template <Comparison kComparison, class A, class B>
__attribute__((always_inline)) inline bool narrow_word(const A& a, const B& b, std::size_t begin,
                                                       std::uint64_t& bits) {
  constexpr int kPredicates[] = {_CMP_LT_OQ, _CMP_LT_OQ, _CMP_GT_OQ,
                                 _CMP_GT_OQ, _CMP_EQ_OQ, _CMP_NEQ_OQ};
  constexpr int kPredicate = kPredicates[static_cast<std::size_t>(kComparison)];
  constexpr std::size_t kHalf = kWordBars / 2;
  const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);  // what packing mixes up
  __m256 same = _mm256_setzero_ps();
  std::uint64_t halves[2];
  for (std::size_t half = 0; half < 2; ++half) {
    __m256i eights[4];
    for (std::size_t i = 0; i < 4; ++i) {
      const __m256 x = a.eight(begin + half * kHalf + i * 8);
      const __m256 y = b.eight(begin + half * kHalf + i * 8);
      same = _mm256_or_ps(same, _mm256_cmp_ps(x, y, _CMP_EQ_OQ));
      eights[i] = _mm256_castps_si256(_mm256_cmp_ps(x, y, kPredicate));
    }
    const __m256i bytes = _mm256_packs_epi16(_mm256_packs_epi32(eights[0], eights[1]),
                                             _mm256_packs_epi32(eights[2], eights[3]));
    halves[half] =
        static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_permutevar8x32_epi32(bytes, order)));
  }
  bits = halves[0] | halves[1] << kHalf;
  return _mm256_movemask_ps(same) == 0;
}

// The same of less than 64 bars.
template <Comparison kComparison, class A, class B>
bool narrow_last_word(const A& a, const B& b, std::size_t begin, std::size_t count,
                      std::uint64_t& bits) {
  bits = 0;
  bool differs = true;
  for (std::size_t i = begin; i < count; ++i) {
    differs &= a.one(i) != b.one(i);
    bits |= std::uint64_t{holds<kComparison>(a.one(i), b.one(i))} << (i - begin);
  }
  return differs;
}

// Divides by d times 1 / d in two parts, where that is the quotient to the last bit: a product of a
// whole |s| <= 2^53 is wrong by less than 2^-105 of it before it is rounded, and s / d of a whole
// d < 2^44 comes no nearer than 2^-98 to where rounding turns.
class Divider {
 public:
  explicit Divider(double divisor)
      : divisor_(_mm256_set1_pd(divisor)),
        high_(_mm256_set1_pd(1 / divisor)),
        low_(_mm256_set1_pd(std::fma(-(1 / divisor), divisor, 1.0) / divisor)) {}

  static bool is_exact(double divisor) {
    constexpr double kDivisorEnd = 17592186044416.0;  // 2^44
    return divisor >= 1 && divisor < kDivisorEnd && std::nearbyint(divisor) == divisor;
  }

  template <bool kIsExact>
  __m256d of(__m256d sums) const {
    if constexpr (!kIsExact) return _mm256_div_pd(sums, divisor_);
    return _mm256_fmadd_pd(sums, high_, _mm256_mul_pd(sums, low_));
  }

 private:
  __m256d divisor_, high_, low_;
};

inline void store(double* out, __m256d values) { _mm256_storeu_pd(out, values); }
inline void store(float* out, __m256d values) { _mm_storeu_ps(out, _mm256_cvtpd_ps(values)); }
inline void store(double* out, double value) { *out = value; }
inline void store(float* out, double value) {
  _mm_store_ss(out, _mm_cvtsd_ss(_mm_setzero_ps(), _mm_set_sd(value)));
}

template <bool kIsExact, class Number>
void divide_sums(const TickMeans& means, std::size_t bar, std::size_t count, Number* out) {
  const double* to = means.sums + bar + 1;
  const double* from = to - means.period;
  const Divider divider(means.divisor);
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    const __m256d sums = _mm256_sub_pd(_mm256_loadu_pd(to + i), _mm256_loadu_pd(from + i));
    store(out + i, divider.of<kIsExact>(sums));
  }
  for (; i < count; ++i) store(out + i, (to[i] - from[i]) / means.divisor);
}

template <class Number>
void means_of(const TickMeans& means, std::size_t bar, std::size_t count, Number* out) {
  return Divider::is_exact(means.divisor) ? divide_sums<true>(means, bar, count, out)
                                          : divide_sums<false>(means, bar, count, out);
}

void narrow_means(const TickMeans& means, std::size_t bar, std::size_t count, float* out) {
  means_of(means, bar, count, out);
}

void narrow(const double* values, std::size_t count, float* out) {
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    _mm_storeu_ps(out + i, _mm256_cvtpd_ps(_mm256_loadu_pd(values + i)));
  }
  for (; i < count; ++i) {
    _mm_store_ss(out + i, _mm_cvtsd_ss(_mm_setzero_ps(), _mm_load_sd(values + i)));
  }
}
#endif

template <Comparison kComparison, class A, class B>
std::uint64_t last_word(const A& a, const B& b, std::size_t begin, std::size_t count) {
  std::uint64_t bits = 0;
  for (std::size_t i = begin; i < count; ++i) {
    bits |= std::uint64_t{holds<kComparison>(a[i], b[i])} << (i - begin);
  }
  return bits;
}

// `ties`, if it is there, gets the bars at which they are equal. False where only values could tell
// that are not there.
template <Comparison kComparison, class A, class B>
bool compare_columns(const A& a, const B& b, std::size_t count, std::uint64_t* bits,
                     std::uint64_t* ties) {
  std::size_t begin = 0;
  const bool is_exact = a.is_exact() && b.is_exact();
#if defined(__AVX2__)
  const bool is_narrow = a.is_narrow() && b.is_narrow();
#endif
  for (; begin + kWordBars <= count; begin += kWordBars) {
    std::uint64_t& out = bits[begin / kWordBars];
#if defined(__AVX2__)
    if (is_narrow && narrow_word<kComparison>(a, b, begin, out)) {
      if (ties != nullptr) ties[begin / kWordBars] = 0;
      continue;
    }
#endif
    if (!is_exact) return false;
    out = word<kComparison>(a, b, begin);
    if (ties != nullptr) ties[begin / kWordBars] = word<Comparison::equal>(a, b, begin);
  }
  if (begin == count) return true;
  std::uint64_t& out = bits[begin / kWordBars];
#if defined(__AVX2__)
  if (is_narrow && narrow_last_word<kComparison>(a, b, begin, count, out)) {
    if (ties != nullptr) ties[begin / kWordBars] = 0;
    return true;
  }
#endif
  if (!is_exact) return false;
  out = last_word<kComparison>(a, b, begin, count);
  if (ties != nullptr) {
    ties[begin / kWordBars] = last_word<Comparison::equal>(a, b, begin, count);
  }
  return true;
}

// Hands an operand over as what it is.
template <class Use>
bool as_it_is(const Operand& operand, const Use& use) {
  if (operand.means.sums != nullptr) return use(Means{operand.means, operand.bar, operand.narrow});
  const bool is_column = operand.values != nullptr || operand.narrow != nullptr;
  if (is_column) return use(Values{operand.values, operand.narrow});
  return use(Constant{operand.constant});
}

template <Comparison kComparison>
bool compare_operands(const Operand& a, const Operand& b, std::size_t count, std::uint64_t* bits,
                      std::uint64_t* ties = nullptr) {
  return as_it_is(a, [&](const auto& x) {
    return as_it_is(
        b, [&](const auto& y) { return compare_columns<kComparison>(x, y, count, bits, ties); });
  });
}

bool compare(Comparison comparison, const Operand& a, const Operand& b, std::size_t count,
             std::uint64_t* bits) {
  switch (comparison) {
    case Comparison::less:
      return compare_operands<Comparison::less>(a, b, count, bits);
    case Comparison::less_equal:
      return compare_operands<Comparison::less_equal>(a, b, count, bits);
    case Comparison::greater:
      return compare_operands<Comparison::greater>(a, b, count, bits);
    case Comparison::greater_equal:
      return compare_operands<Comparison::greater_equal>(a, b, count, bits);
    case Comparison::equal:
      return compare_operands<Comparison::equal>(a, b, count, bits);
    default:
      return compare_operands<Comparison::not_equal>(a, b, count, bits);
  }
}

bool greater(const Operand& a, const Operand& b, std::size_t count, std::uint64_t* bits,
             std::uint64_t* ties) {
  return compare_operands<Comparison::greater>(a, b, count, bits, ties);
}

inline void all_of(const std::uint64_t* a, const std::uint64_t* b, std::size_t words,
                   std::uint64_t* __restrict out) {
  for (std::size_t w = 0; out != nullptr && w < words; ++w) out[w] = a[w] & b[w];
}

inline void any_of(const std::uint64_t* a, const std::uint64_t* b, std::size_t words,
                   std::uint64_t* __restrict out) {
  for (std::size_t w = 0; out != nullptr && w < words; ++w) out[w] = a[w] | b[w];
}

void combine(Combination combination, const TruthWords& a, const TruthWords& b, std::size_t words,
             std::uint64_t* yes, std::uint64_t* no) {
  if (combination == Combination::both) {
    all_of(a.yes, b.yes, words, yes);
    any_of(a.no, b.no, words, no);
  } else {
    any_of(a.yes, b.yes, words, yes);
    all_of(a.no, b.no, words, no);
  }
}

inline bool add_power(double before, double after, std::size_t lane, PowerLanes& powers) {
  const double r = before > 0 ? after / before - 1 : 0.0;
  const double r2 = r * r;
  powers[0][lane] += r;
  powers[1][lane] += r2;
  powers[2][lane] += r2 * r;
  powers[3][lane] += r2 * r2;
  powers[4][lane] += r < 0 ? r2 : 0.0;
  powers[5][lane] += r < 0 ? 1.0 : 0.0;
  return r != 0;
}

#if defined(__AVX2__)
bool add_powers(const double* before, const double* after, std::size_t count, PowerLanes& powers) {
  __m256d sums[kPowers];
  for (std::size_t k = 0; k < kPowers; ++k) sums[k] = _mm256_loadu_pd(powers[k].data());
  const __m256d zero = _mm256_setzero_pd();
  const __m256d one = _mm256_set1_pd(1);
  __m256d moved = zero;
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    const __m256d from = _mm256_loadu_pd(before + i);
    const __m256d ratio = _mm256_div_pd(_mm256_loadu_pd(after + i), from);
    const __m256d r =
        _mm256_and_pd(_mm256_sub_pd(ratio, one), _mm256_cmp_pd(from, zero, _CMP_GT_OQ));
    const __m256d loses = _mm256_cmp_pd(r, zero, _CMP_LT_OQ);
    const __m256d r2 = _mm256_mul_pd(r, r);
    sums[0] = _mm256_add_pd(sums[0], r);
    sums[1] = _mm256_add_pd(sums[1], r2);
    sums[2] = _mm256_add_pd(sums[2], _mm256_mul_pd(r2, r));
    sums[3] = _mm256_add_pd(sums[3], _mm256_mul_pd(r2, r2));
    sums[4] = _mm256_add_pd(sums[4], _mm256_and_pd(loses, r2));
    sums[5] = _mm256_add_pd(sums[5], _mm256_and_pd(loses, one));
    moved = _mm256_or_pd(moved, _mm256_cmp_pd(r, zero, _CMP_NEQ_UQ));
  }
  for (std::size_t k = 0; k < kPowers; ++k) _mm256_storeu_pd(powers[k].data(), sums[k]);
  bool any = _mm256_movemask_pd(moved) != 0;
  for (; i < count; ++i) any |= add_power(before[i], after[i], i % 4, powers);
  return any;
}
#else
bool add_powers(const double* before, const double* after, std::size_t count, PowerLanes& powers) {
  bool any = false;
  for (std::size_t i = 0; i < count; ++i) any |= add_power(before[i], after[i], i % 4, powers);
  return any;
}
#endif

constexpr std::size_t kBitsAtOnce = 4;

// Writes the places of a word's bits, and maybe some more of no meaning. Returns the end.
inline std::uint32_t* write_bits(std::uint64_t bits, std::uint32_t first, std::uint32_t* out) {
#if defined(__BMI__)
  std::uint32_t* const end = out + std::popcount(bits);
  do {  // nearly always once: a loop over the bits would be mispredicted
    for (std::size_t i = 0; i < kBitsAtOnce; ++i) {
      out[i] = first + static_cast<std::uint32_t>(_tzcnt_u64(bits));
      bits = _blsr_u64(bits);
    }
    out += kBitsAtOnce;
  } while (out < end);
  return end;
#else
  for (; bits != 0; bits &= bits - 1) {
    *out++ = first + static_cast<std::uint32_t>(std::countr_zero(bits));
  }
  return out;
#endif
}

// Whether it is held before each of 64 bars: a position is carried on as a carry is in an addition,
// made by an entry, kept until an exit, which is never on the same bar.
inline std::uint64_t held_before(std::uint64_t enter, std::uint64_t keep, std::uint64_t held) {
  return (enter + keep + held) ^ enter ^ keep;
}

// Bits outside `enters` enter nothing, those outside `known` change nothing.
inline std::uint32_t* follow_word(const Latch& latch, std::size_t word, std::uint64_t enters,
                                  std::uint64_t known, std::uint64_t& held, std::uint32_t* out) {
  const std::uint64_t exit = latch.exit[word] & known;
  const std::uint64_t enter = latch.entry[word] & ~exit & enters & known;
  const std::uint64_t keep = ~exit;
  const std::uint64_t before = held_before(enter, keep, held);
  const std::uint64_t after = enter | (keep & before);
  held = after >> 63;
  return write_bits(after ^ before, static_cast<std::uint32_t>(word * kWordBars), out);
}

struct HeldSides {
  std::uint64_t is_long;
  std::uint64_t is_short;
  std::uint64_t* longs;
  std::uint64_t* shorts;
};

inline std::uint32_t* follow_sides_word(const SideLatches& latches, std::size_t word,
                                        std::uint64_t enters, std::uint64_t known, HeldSides& held,
                                        std::uint32_t* out) {
  const std::uint64_t to_long = latches.entry_long[word] & known;
  const std::uint64_t to_short = latches.entry_short[word] & known;
  const std::uint64_t exit_long = latches.exit_long[word] & known;
  const std::uint64_t exit_short = latches.exit_short[word] & known;
  const std::uint64_t enter_long = to_long & ~exit_long & ~to_short & enters;
  const std::uint64_t enter_short = to_short & ~exit_short & ~to_long & enters;
  const std::uint64_t keep_long = ~(exit_long | enter_short);
  const std::uint64_t keep_short = ~(exit_short | enter_long);
  const std::uint64_t before_long = held_before(enter_long, keep_long, held.is_long);
  const std::uint64_t before_short = held_before(enter_short, keep_short, held.is_short);
  const std::uint64_t after_long = enter_long | (keep_long & before_long);
  const std::uint64_t after_short = enter_short | (keep_short & before_short);
  held.is_long = after_long >> 63;
  held.is_short = after_short >> 63;
  held.longs[word] = after_long;
  held.shorts[word] = after_short;
  return write_bits((after_long ^ before_long) | (after_short ^ before_short),
                    static_cast<std::uint32_t>(word * kWordBars), out);
}

// follow(word, enters, known) for the words of [from, to): bits outside `enters` enter nothing,
// those outside `known` change nothing.
template <class Follow>
void each_word(std::size_t from, std::size_t to, const Follow& follow) {
  constexpr std::uint64_t kAll = ~std::uint64_t{0};
  const std::size_t first = from / kWordBars;
  const std::size_t last = to / kWordBars;  // behind the last whole word
  const std::uint64_t known = (std::uint64_t{1} << (to % kWordBars)) - 1;
  std::uint64_t enters = kAll << (from % kWordBars);
  if (first < last) {
    follow(first, enters, kAll);
    for (std::size_t word = first + 1; word < last; ++word) follow(word, kAll, kAll);
    enters = kAll;
  }
  if (known != 0 && from < to) follow(last, enters, known);
}

std::size_t follow(Latch& latch, std::uint32_t* bars) {
  std::uint32_t* out = bars;
  std::uint64_t held = latch.held ? 1 : 0;
  const Latch of = latch;
  each_word(latch.from, latch.to, [&](std::size_t word, std::uint64_t enters, std::uint64_t known) {
    out = follow_word(of, word, enters, known, held, out);
  });
  latch.held = held != 0;
  return static_cast<std::size_t>(out - bars);
}

std::size_t follow_sides(SideLatches& latches, std::uint32_t* bars, std::uint64_t* longs,
                         std::uint64_t* shorts) {
  std::uint32_t* out = bars;
  HeldSides held{latches.holds_long ? 1U : 0U, latches.holds_short ? 1U : 0U, longs, shorts};
  const SideLatches of = latches;
  each_word(latches.from, latches.to,
            [&](std::size_t word, std::uint64_t enters, std::uint64_t known) {
              out = follow_sides_word(of, word, enters, known, held, out);
            });
  latches.holds_long = held.is_long != 0;
  latches.holds_short = held.is_short != 0;
  return static_cast<std::size_t>(out - bars);
}

#if defined(__AVX2__)
void tick_means(const TickMeans& means, std::size_t bar, std::size_t count, double* out) {
  means_of(means, bar, count, out);
}
#else
void tick_means(const TickMeans& means, std::size_t bar, std::size_t count, double* out) {
  const double* to = means.sums + bar + 1;
  const double* from = to - means.period;
  for (std::size_t i = 0; i < count; ++i) out[i] = (to[i] - from[i]) / means.divisor;
}
#endif

// What lanes make of some values: written here first, then on column by column, as so many streams
// at once thrash.
constexpr std::size_t kRows = 64;
struct LaneRows {
  alignas(32) double of[kLanes][kRows];
};

#if defined(__AVX2__)
// Rows of four lanes each, as columns.
inline void turn(const __m256d (&rows)[4], double (*out)[kRows], std::size_t i) {
  const __m256d low01 = _mm256_unpacklo_pd(rows[0], rows[1]);
  const __m256d high01 = _mm256_unpackhi_pd(rows[0], rows[1]);
  const __m256d low23 = _mm256_unpacklo_pd(rows[2], rows[3]);
  const __m256d high23 = _mm256_unpackhi_pd(rows[2], rows[3]);
  _mm256_store_pd(out[0] + i, _mm256_permute2f128_pd(low01, low23, 0x20));
  _mm256_store_pd(out[1] + i, _mm256_permute2f128_pd(high01, high23, 0x20));
  _mm256_store_pd(out[2] + i, _mm256_permute2f128_pd(low01, low23, 0x31));
  _mm256_store_pd(out[3] + i, _mm256_permute2f128_pd(high01, high23, 0x31));
}

struct EightLanes {
  __m256d halves[2];
  __m256d& operator[](std::size_t half) { return halves[half]; }
  const __m256d& operator[](std::size_t half) const { return halves[half]; }
};

inline EightLanes eight_lanes(const std::array<double, kLanes>& all) {
  static_assert(kLanes == 8);
  return {{_mm256_loadu_pd(all.data()), _mm256_loadu_pd(all.data() + 4)}};
}
inline void store(const EightLanes& lanes, std::array<double, kLanes>& all) {
  _mm256_storeu_pd(all.data(), lanes[0]);
  _mm256_storeu_pd(all.data() + 4, lanes[1]);
}

// next(i, half): the lanes' values at row i. Whole fours of rows; those behind the last are not
// used.
template <class Next>
void fill_rows(std::size_t count, LaneRows& out, const Next& next) {
  for (std::size_t i = 0; i < count; i += 4) {
    __m256d rows[2][4] = {};
    for (std::size_t k = 0; k < 4 && i + k < count; ++k) {
      for (std::size_t half = 0; half < 2; ++half) rows[half][k] = next(i + k, half);
    }
    turn(rows[0], out.of, i);
    turn(rows[1], out.of + 4, i);
  }
}

inline void average(const double* x, std::size_t count, RecurrenceLanes& of, LaneRows& out) {
  const EightLanes weights = eight_lanes(of.weights);
  EightLanes states = eight_lanes(of.states);
  fill_rows(count, out, [&](std::size_t i, std::size_t half) {
    const __m256d change = _mm256_sub_pd(_mm256_set1_pd(x[i]), states[half]);
    return states[half] = _mm256_add_pd(states[half], _mm256_mul_pd(change, weights[half]));
  });
  store(states, of.states);
}

// As RelativeStrength::index() has it.
inline __m256d strength_of(__m256d gains, __m256d losses) {
  const __m256d both = _mm256_add_pd(gains, losses);
  const __m256d index = _mm256_mul_pd(_mm256_set1_pd(100), _mm256_div_pd(gains, both));
  const __m256d size = _mm256_andnot_pd(_mm256_set1_pd(-0.0), index);
  const __m256d most = _mm256_set1_pd(std::numeric_limits<double>::max());
  const __m256d undefined = _mm256_set1_pd(std::numeric_limits<double>::quiet_NaN());
  const __m256d finite = _mm256_blendv_pd(undefined, index, _mm256_cmp_pd(size, most, _CMP_LE_OQ));
  return _mm256_andnot_pd(_mm256_cmp_pd(both, _mm256_setzero_pd(), _CMP_EQ_OQ), finite);
}

inline void gain_and_lose(const double* x, std::size_t count, RecurrenceLanes& of, LaneRows& out) {
  const __m256d zero = _mm256_setzero_pd();
  const __m256d one = _mm256_set1_pd(1);
  const EightLanes periods = eight_lanes(of.weights);
  const EightLanes before = {{_mm256_sub_pd(periods[0], one), _mm256_sub_pd(periods[1], one)}};
  EightLanes gains = eight_lanes(of.states);
  EightLanes losses = eight_lanes(of.losses);
  fill_rows(count, out, [&](std::size_t i, std::size_t half) {
    const __m256d change = _mm256_set1_pd(x[i] - x[static_cast<std::ptrdiff_t>(i) - 1]);
    const __m256d up = _mm256_max_pd(change, zero);
    const __m256d down = _mm256_max_pd(_mm256_sub_pd(zero, change), zero);
    const auto step = [&](__m256d& state, __m256d value) {
      const __m256d sum = _mm256_add_pd(_mm256_mul_pd(state, before[half]), value);
      state = _mm256_div_pd(sum, periods[half]);
    };
    step(gains[half], up);
    step(losses[half], down);
    return strength_of(gains[half], losses[half]);
  });
  store(gains, of.states);
  store(losses, of.losses);
}
#else
inline void average(const double* x, std::size_t count, RecurrenceLanes& of, LaneRows& out) {
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      of.states[lane] = of.states[lane] + (x[i] - of.states[lane]) * of.weights[lane];
      out.of[lane][i] = of.states[lane];
    }
  }
}

inline void gain_and_lose(const double* x, std::size_t count, RecurrenceLanes& of, LaneRows& out) {
  constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();
  for (std::size_t i = 0; i < count; ++i) {
    const double change = x[i] - x[static_cast<std::ptrdiff_t>(i) - 1];
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const double period = of.weights[lane];
      double& gain = of.states[lane];
      double& loss = of.losses[lane];
      gain = (gain * (period - 1) + (change > 0 ? change : 0)) / period;
      loss = (loss * (period - 1) + (change < 0 ? -change : 0)) / period;
      const double index = 100 * (gain / (gain + loss));
      const bool is_finite = std::abs(index) <= std::numeric_limits<double>::max();
      out.of[lane][i] = gain + loss == 0 ? 0 : is_finite ? index : kUndefined;
    }
  }
}
#endif

// step(x, count, of, rows): the next rows of all lanes.
template <class Step>
void recurse(const double* x, std::size_t count, RecurrenceLanes& of, const Step& step) {
  LaneRows rows;
  for (std::size_t begin = 0; begin < count; begin += kRows) {
    const std::size_t size = count - begin < kRows ? count - begin : kRows;
    step(x + begin, size, of, rows);
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      if (of.outs[lane] != nullptr) {
        __builtin_memcpy(of.outs[lane] + begin, rows.of[lane], size * sizeof(double));
      }
#if defined(__AVX2__)
      if (of.narrow[lane] != nullptr) narrow(rows.of[lane], size, of.narrow[lane] + begin);
#endif
    }
  }
}

void exponential(const double* x, std::size_t count, RecurrenceLanes& of) {
  recurse(x, count, of, average);
}

void strength(const double* x, std::size_t count, RecurrenceLanes& of) {
  recurse(x, count, of, gain_and_lose);
}
