// SPDX-License-Identifier: Apache-2.0
// A RabbitMQ broker, spoken to through rabbitmqctl. Passwords go over standard input, never through a process list.
#pragma once
#include <string>
#include <vector>

#include "modules/module.hpp"

namespace fprov::modules {

class RabbitMq {
public:
    RabbitMq(Context& context, const std::string& node);
    std::string run(std::vector<std::string> words, const std::string& input = {});
    bool succeeds(std::vector<std::string> words, const std::string& input);
    /// Rows of a list, split at tabs; the line of titles that newer versions print begins with `title`.
    std::vector<std::vector<std::string>> table(std::vector<std::string> words, const std::string& title);

private:
    std::vector<std::string> argv(std::vector<std::string> words) const;
    Context& context_;
    std::vector<std::string> head_;
};

}  // namespace fprov::modules
