#include "topology/mendel/interrupt.hpp"

#include <csignal>

namespace mendel::cli {
namespace {

volatile std::sig_atomic_t g_interrupts = 0;

void count(int /*signal*/) { g_interrupts = g_interrupts + 1; }

}  // namespace

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = count;
  sigemptyset(&action.sa_mask);
  // Without SA_RESTART: a wait for a socket ends, and the caller looks.
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

int interrupts() { return g_interrupts; }

}  // namespace mendel::cli
