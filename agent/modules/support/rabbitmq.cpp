// SPDX-License-Identifier: Apache-2.0
#include "modules/support/rabbitmq.hpp"

#include "base/text.hpp"
#include "modules/support/accounts.hpp"

namespace fprov::modules {

RabbitMq::RabbitMq(Context& context, const std::string& node) : context_(context), head_{required_program(context, "rabbitmqctl"), "-q"} {
    if (!node.empty()) head_.insert(head_.end(), {"-n", node});
}

std::vector<std::string> RabbitMq::argv(std::vector<std::string> words) const {
    words.insert(words.begin(), head_.begin(), head_.end());
    return words;
}

std::string RabbitMq::run(std::vector<std::string> words, const std::string& input) { return context_.must_run(argv(std::move(words)), true, input).output; }
bool RabbitMq::succeeds(std::vector<std::string> words, const std::string& input) { return context_.must_run(argv(std::move(words)), false, input).code == 0; }

std::vector<std::vector<std::string>> RabbitMq::table(std::vector<std::string> words, const std::string& title) {
    std::vector<std::vector<std::string>> rows;
    bool first = true;
    for (const auto& line : base::split_lines(run(std::move(words)))) {
        auto row = base::split(line, '\t');
        const bool titles = first && row[0] == title && row.size() > 1;
        first = false;
        if (row.size() > 1 && !titles) rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace fprov::modules
