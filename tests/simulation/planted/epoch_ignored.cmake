# An owner that was stopped for so long that another took its role goes on when it wakes up. In the
# product it is Epoch::superseded that tells it; what is planted is the same mistake in the simulated
# store.
planted_file(topology/simulation/disk.cpp)
plant([==[  if (held.epoch != epoch) return false;]==] [==[  if (held.epoch != epoch) return true;]==])
