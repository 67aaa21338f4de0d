# The offset of a log is committed before the rows that it stands for: a commit that is cut off
# between the two loses them. In the product both are statements of one SQL transaction; what is
# planted is the same mistake in the sinks that the real drains have in the simulator.
planted_file(topology/simulation/database.cpp)
plant([==[  changes.push_back(move(kBars, end));]==]
      [==[  if (Status moved = database_.commit(connection_, {move(kBars, end)}); !moved)
    return moved.error();]==])
plant([==[  changes.push_back(move(kScores, end));]==]
      [==[  if (Status moved = database_.commit(connection_, {move(kScores, end)}); !moved) return moved;]==])
