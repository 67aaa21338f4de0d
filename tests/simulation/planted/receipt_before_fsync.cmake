# A batch of bars has its receipt when it arrives, before it is in the log.
planted_file(stages/data_loader/data_loader.cpp)
plant([==[      pending_.push_back({static_cast<std::uint8_t>(wire::Kind::bar_batch), std::move(frame)});]==]
      [==[      pending_.push_back({static_cast<std::uint8_t>(wire::Kind::bar_batch), std::move(frame)});
      for (const wire::Receipt& receipt : intake_.durable()) publish(receipt, out);]==])
