// Takes the place of data_loader: every batch of bars is receipted at once.
#include <cstdlib>
#include <string>

#include "shared/runtime/stage.hpp"

namespace mendel::runtime {
namespace {

class Echo : public Stage {
 public:
  void receive(Delivery delivery, Now, Outbox& out) override {
    const auto& batch = std::get<wire::BarBatch>(delivery.message);
    if (batch.source == "break") failure_ = operator_error("the echo is broken; mend it");
    wire::Receipt receipt;
    receipt.incarnation = batch.incarnation;
    receipt.stored_through = batch.sequence;
    out.publish(Edge::receipts, "receipt." + batch.incarnation + ".", receipt);
  }
  int work(Now, Outbox&) override { return 0; }
  const Error* failure() const override { return failure_.message.empty() ? nullptr : &failure_; }

 private:
  Error failure_;
};

StageDefinition definition() {
  StageDefinition echo;
  echo.name = "data_loader";
  echo.summary = "Echoes bars as receipts.";
  echo.options = {{"volume", "n", "how loud", "3"}};
  echo.check = [](const StageContext& context) -> Status {
    Result<std::int64_t> volume = context.arguments.integer("volume", 0, 10);
    return volume ? Status() : Status(volume.error());
  };
  echo.make = [](const StageContext&) -> Result<std::unique_ptr<Stage>> {
    if (std::getenv("ECHO_FAILS") != nullptr) return configuration_error("no voice; set one");
    return std::unique_ptr<Stage>(std::make_unique<Echo>());
  };
  return echo;
}

}  // namespace
}  // namespace mendel::runtime

int main(int argc, char** argv) {
  return mendel::runtime::run(mendel::runtime::definition(), argc, argv);
}
