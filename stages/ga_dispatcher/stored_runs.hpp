// Stored runs: what a store alone tells of its runs, for commands while no dispatcher serves it.
// The dispatcher's own core answers, from what it would resume. Threads: one.
#pragma once

#include <string>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/base/time.hpp"
#include "shared/store/store.hpp"
#include "shared/wire/messages.hpp"
#include "stages/ga_dispatcher/actions.hpp"

namespace mendel::ga_dispatcher {

struct StoredAnswer {
  wire::Reply reply;
  std::vector<std::string> unreadable;  // a line for each run that a list leaves out, and why
};

// Answers "list", "show", "genomes" and "cancel". Nothing is sent or evaluated; only "cancel"
// writes, as owner of the dispatcher's epoch (transient error naming a dispatcher that lives), and
// what it has to record is sent by the next dispatcher.
Result<StoredAnswer> answer_from(const store::Store& store, const wire::Request& request, Now now);

// The reply with the run's file, where the store has it.
wire::Reply reply_with_report(const store::Store& store, const ReplyWithReport& effect);

}  // namespace mendel::ga_dispatcher
