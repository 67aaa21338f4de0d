// Interrupt: Ctrl-C (and SIGTERM) as something that a command asks about, instead of an end in the
// middle of its work.
// Threads: the main thread.
#pragma once

namespace mendel::cli {

// From now on both signals are only counted.
void catch_interrupts();
// How often one arrived.
int interrupts();

// What a command ends with that Ctrl-C ended: 128 + SIGINT.
inline constexpr int kInterrupted = 130;

}  // namespace mendel::cli
