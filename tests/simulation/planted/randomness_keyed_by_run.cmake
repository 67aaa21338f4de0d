# The search draws from the run's name too, so that "the same experiment" is another search.
planted_file(stages/ga_dispatcher/run.cpp)
plant([==[}  // namespace

std::string_view state_name(]==] [==[std::shared_ptr<const Experiment> keyed(const std::shared_ptr<const Experiment>& experiment,
                                        const std::string& run) {
  auto copy = std::make_shared<Experiment>(*experiment);
  copy->search.seed += checksum(run);
  return copy;
}

}  // namespace

std::string_view state_name(]==])
plant([==[search_.emplace(experiment_, ]==] [==[search_.emplace(keyed(experiment_, run_), ]==])
