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
  double operator[](std::size_t i) const { return values[i]; }
#if defined(__AVX2__)
  __m256d four(std::size_t i) const { return _mm256_loadu_pd(values + i); }
#endif
};
struct Constant {
  double value;
  double operator[](std::size_t) const { return value; }
#if defined(__AVX2__)
  __m256d four(std::size_t) const { return _mm256_set1_pd(value); }
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

template <Comparison kComparison, class A, class B>
void compare_columns(const A& a, const B& b, std::size_t count, std::uint64_t* bits) {
  std::size_t begin = 0;
  for (; begin + kWordBars <= count; begin += kWordBars) {
    bits[begin / kWordBars] = word<kComparison>(a, b, begin);
  }
  if (begin == count) return;
  std::uint64_t last = 0;
  for (std::size_t i = begin; i < count; ++i) {
    last |= std::uint64_t{holds<kComparison>(a[i], b[i])} << (i - begin);
  }
  bits[begin / kWordBars] = last;
}

template <Comparison kComparison>
void compare_operands(Operand a, Operand b, std::size_t count, std::uint64_t* bits) {
  if (a.values != nullptr && b.values != nullptr) {
    compare_columns<kComparison>(Values{a.values}, Values{b.values}, count, bits);
  } else if (a.values != nullptr) {
    compare_columns<kComparison>(Values{a.values}, Constant{b.constant}, count, bits);
  } else {
    compare_columns<kComparison>(Constant{a.constant}, Values{b.values}, count, bits);
  }
}

void compare(Comparison comparison, Operand a, Operand b, std::size_t count, std::uint64_t* bits) {
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
    case Comparison::not_equal:
      return compare_operands<Comparison::not_equal>(a, b, count, bits);
  }
}

void tick_means(const double* sums, std::size_t period, double divisor, std::size_t count,
                double* out) {
  for (std::size_t i = 0; i < count; ++i) out[i] = (sums[i + period] - sums[i]) / divisor;
}

void exponential(const double* x, std::size_t count, const double* weights, double* states,
                 double* const* outs) {
  double weight[kLanes];
  double state[kLanes];
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    weight[lane] = weights[lane];
    state[lane] = states[lane];
  }
  constexpr std::size_t kRows = 64;  // written lane by lane: eight streams at once thrash
  double rows[kRows][kLanes];
  for (std::size_t begin = 0; begin < count; begin += kRows) {
    const std::size_t size = count - begin < kRows ? count - begin : kRows;
    for (std::size_t i = 0; i < size; ++i) {
      const double value = x[begin + i];
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        state[lane] = state[lane] + (value - state[lane]) * weight[lane];
        rows[i][lane] = state[lane];
      }
    }
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      for (std::size_t i = 0; i < size; ++i) outs[lane][begin + i] = rows[i][lane];
    }
  }
  for (std::size_t lane = 0; lane < kLanes; ++lane) states[lane] = state[lane];
}
