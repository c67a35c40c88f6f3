// SPDX-License-Identifier: Apache-2.0
// rabbitmq_vhost: a virtual host of a RabbitMQ broker, through rabbitmqctl.
#include "modules/support/accounts.hpp"
#include "modules/support/rabbitmq.hpp"

namespace fprov::modules {
extern const Module rabbitmq_vhost_module;
namespace {

using spec::Type;

constexpr Arg args[] = {
    {.name = "name", .help = "The virtual host", .required = true, .aliases = "vhost"},
    {.name = "node", .help = "Erlang node of the broker", .fallback = "rabbit"},
    {.name = "tracing", .type = Type::boolean, .help = "Trace its messages", .fallback = "no", .aliases = "trace"},
    {.name = "state", .help = "Whether it exists", .fallback = "present", .choices = "present|absent"},
};

Outcome run(const Args& args, Context& context) {
    const std::string name = args.text("name");
    const bool present = args.text("state") == "present";
    RabbitMq broker(context, args.text("node"));
    bool there = false, tracing = false;
    for (const auto& row : broker.table({"list_vhosts", "name", "tracing"}, "name"))
        if (row[0] == name) { there = true; tracing = row.size() > 1 && row[1] == "true"; }
    Outcome out;
    auto act = [&](std::vector<std::string> words) {
        out.changed = true;
        if (!context.check) broker.run(std::move(words));
    };
    if (there != present) act({present ? "add_vhost" : "delete_vhost", name});
    if (present && tracing != args.flag("tracing")) act({args.flag("tracing") ? "trace_on" : "trace_off", "-p", name});
    return out.set("name", name).set("state", args.text("state"));
}

}  // namespace

const Module rabbitmq_vhost_module{
    .name = "rabbitmq_vhost", .collection = "community.rabbitmq", .summary = "Have a virtual host of RabbitMQ", .args = args, .rules = {},
    .check_mode = CheckMode::full, .file_common = false, .free_form = false, .lookahead = true, .run = run, .notes = "",
    .returns = "name, state: as asked for | always", .example = "- rabbitmq_vhost: {name: /fate}\n"};

}  // namespace fprov::modules
