# A score is said to be recorded when it arrives, before it is in the log.
planted_file(stages/results_writer/results_writer.cpp)
plant([==[    wire::ScoreBatch alone{evaluator, {score}};]==]
      [==[    message_for("").scores.push_back(score);
    wire::ScoreBatch alone{evaluator, {score}};]==])
