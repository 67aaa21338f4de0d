# An evaluator that hangs keeps what it holds for ever.
planted_file(stages/ga_dispatcher/evaluators.cpp)
plant([==[  if (evaluator.batches.empty() || !evaluator.computing) return;]==]
      [==[  if (now.monotonic_ns >= 0) return;]==])
