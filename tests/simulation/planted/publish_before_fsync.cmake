# A score is said to be recorded when it arrives, before it is in the log.
planted_file(stages/results_writer/results_writer.cpp)
plant([==[    alone.scores.front() = std::move(score);]==]
      [==[    message_for("").scores.push_back(score);
    alone.scores.front() = std::move(score);]==])
