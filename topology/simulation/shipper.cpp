#include "topology/simulation/shipper.hpp"

#include <algorithm>
#include <variant>

namespace mendel::simulation {

void Shipper::receive(runtime::Delivery delivery, Now now, runtime::Outbox&) {
  const auto* receipt = std::get_if<wire::Receipt>(&delivery.message);
  if (receipt == nullptr) return;
  std::uint64_t& through = disk_.receipted[receipt->incarnation];
  through = std::max({through, receipt->durable_through, receipt->stored_through});
  core_.receive(*receipt, now);
}

int Shipper::work(Now now, runtime::Outbox& out) {
  if (begun_ && !core_.under_way()) {
    begun_ = false;
    ++disk_.jobs_done;
  }
  if (!begun_ && disk_.jobs_done < jobs_.size()) {
    core_.begin(jobs_[disk_.jobs_done], now);
    begun_ = true;
  }
  return begun_ ? core_.work(now, backlog_ > 0, out) : 0;
}

void Shipper::backlog(runtime::Edge edge, std::size_t messages) {
  if (edge == runtime::Edge::bars) backlog_ = messages;
}

std::vector<std::string> Shipper::topics(runtime::Edge) const { return {core_.receipts_topic()}; }

}  // namespace mendel::simulation
