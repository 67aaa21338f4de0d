// Interval: the values a constant expression can take over all genomes. It decides look-backs and
// refuses periods that could leave their range, before any genome exists.
// Threads: plain values.
#pragma once

namespace mendel::strategy {

struct Interval {
  double least = 0;
  double most = 0;
  bool whole = false;    // every value is a whole number
  bool defined = false;  // no genome makes it undefined

  static Interval of(double value);
  bool point() const { return defined && least == most; }
};

bool is_whole(double value);

Interval operator-(const Interval& a);
Interval operator+(const Interval& a, const Interval& b);
Interval operator-(const Interval& a, const Interval& b);
Interval operator*(const Interval& a, const Interval& b);
Interval operator/(const Interval& a, const Interval& b);  // undefined when b may be 0
Interval min_of(const Interval& a, const Interval& b);
Interval max_of(const Interval& a, const Interval& b);
Interval abs_of(const Interval& a);

}  // namespace mendel::strategy
