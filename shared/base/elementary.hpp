// log, exp and pow with one stated order of + - * / and so the same bits on every processor and C
// library (glibc picks FMA variants at run time and changes between versions). Everything that
// reaches a gene, score, digest or dataset uses these, never <cmath>'s transcendentals.
// Accuracy: log and exp within 2 ulp; pow(x, y) within (2 + |y log x|) ulp.
// Threads: pure functions.
#pragma once

namespace mendel {

// Natural logarithm. log(0) = -inf, log(x < 0) = NaN, log(+inf) = +inf.
double log_exact(double x);
// e^x; +inf above 709.78, 0 below -745.13.
double exp_exact(double x);
// x^y for x > 0 as exp(y log x); pow(0, y > 0) = 0, x < 0 gives NaN.
double pow_exact(double x, double y);

}  // namespace mendel
