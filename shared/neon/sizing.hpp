// Sizing: how large a Neon compute the data asks for, and how many connections it takes.
// Threads: pure functions.
#pragma once

#include <string>

namespace mendel::neon {

inline constexpr double kGbPerComputeUnit = 4;  // of memory; 1 CU is about 1 vCPU and 4 GB
inline constexpr double kComputeUnitsLeast = 2;
inline constexpr double kComputeUnitsMost = 8;

struct Size {
  double data_gb = 0;
  double memory_gb = 0;      // data · 1.25 + 4
  double compute_units = 0;  // ⌈memory / 4 GB⌉, between 2 and 8: the autoscaling maximum
  double min_cu = 0;         // the autoscaling minimum
  int max_connections = 0;
  bool is_capped = false;  // the data would ask for more than 8
};

// Requires data_gb >= 0.
Size size_for(double data_gb);

// Neon's rule: max(100, min(4000, ⌊min(max_cu, 8 · min_cu) · 419.66⌋)).
int connections_of(double min_cu, double max_cu);

// "0.25", "2": as Neon's console writes it.
std::string compute_units_text(double compute_units);

}  // namespace mendel::neon
