// SPDX-License-Identifier: Apache-2.0
// rabbitmq_user: an account of a RabbitMQ broker with its tags and permissions.
#include <map>
#include <set>

#include "base/text.hpp"
#include "modules/support/accounts.hpp"
#include "modules/support/rabbitmq.hpp"

namespace fprov::modules {
extern const Module rabbitmq_user_module;
namespace {

using spec::Type;

constexpr Arg permission_args[] = {
    {.name = "vhost", .help = "Virtual host", .fallback = "/"},
    {.name = "configure_priv", .help = "Names that may be configured", .fallback = "^$"},
    {.name = "write_priv", .help = "Names that may be written to", .fallback = "^$"},
    {.name = "read_priv", .help = "Names that may be read from", .fallback = "^$"},
};
constexpr Arg topic_args[] = {
    {.name = "vhost", .help = "Virtual host", .fallback = "/"},
    {.name = "exchange", .help = "Topic exchange", .fallback = "amq.topic"},
    {.name = "write_priv", .help = "Routing keys that may be published", .fallback = "^$"},
    {.name = "read_priv", .help = "Routing keys that may be consumed", .fallback = "^$"},
};
constexpr Arg args[] = {
    {.name = "user", .help = "The account", .required = true, .aliases = "username|name"},
    {.name = "password", .help = "Its password; without one the account cannot log in by password", .secret = true},
    {.name = "tags", .help = "Its tags, separated by commas"},
    {.name = "permissions", .type = Type::list, .help = "All its permissions; those of other virtual hosts are taken away", .fallback = "[]", .elements = Type::dict, .suboptions = permission_args},
    {.name = "vhost", .help = "The one virtual host to set permissions for", .fallback = "/"},
    {.name = "configure_priv", .help = "Names that may be configured there", .fallback = "^$"},
    {.name = "write_priv", .help = "Names that may be written to there", .fallback = "^$"},
    {.name = "read_priv", .help = "Names that may be read from there", .fallback = "^$"},
    {.name = "topic_permissions", .type = Type::list, .help = "All its permissions on topics", .fallback = "[]", .elements = Type::dict, .suboptions = topic_args},
    {.name = "force", .type = Type::boolean, .help = "Delete the account first and make it anew", .fallback = "no"},
    {.name = "state", .help = "Whether the account exists", .fallback = "present", .choices = "present|absent"},
    {.name = "node", .help = "Erlang node of the broker", .fallback = "rabbit"},
    {.name = "update_password", .help = "Set the password of a new account only, or of any", .fallback = "on_create", .choices = "on_create|always"},
};

using Rights = std::map<std::vector<std::string>, std::vector<std::string>>;   // vhost (and exchange) → configure, write, read

/// The wanted rights of a list of dictionaries: `keys` of their fields name the place, the others are the patterns.
Rights wanted_rights(const Value& list, std::initializer_list<const char*> keys, std::initializer_list<const char*> patterns, const char* what) {
    Rights rights;
    for (const auto& one : list.list()) {
        auto fields = [&](std::initializer_list<const char*> names) {
            std::vector<std::string> out;
            for (const char* name : names) out.push_back(one.find(name) ? one.find(name)->text_or("") : "");
            return out;
        };
        if (!rights.emplace(fields(keys), fields(patterns)).second) fail(std::string("Error parsing ") + what + " permissions: You can't have two permission dicts for the same vhost");
    }
    return rights;
}

std::set<std::string> split_tags(const std::string& text) {
    std::set<std::string> tags;
    for (const auto& tag : base::split(text, ',')) if (!base::trim(tag).empty()) tags.emplace(base::trim(tag));
    return tags;
}

class UserTask {
public:
    UserTask(const Args& args, Context& context) : args_(args), context_(context), broker_(context, args.text("node")), name_(args.text("user")) {}

    Outcome run() {
        const bool present = args_.text("state") == "present", all = !args_["permissions"].list().empty();
        Rights wanted = all ? wanted_rights(args_["permissions"], {"vhost"}, {"configure_priv", "write_priv", "read_priv"}, "vhost")
                            : Rights{{{args_.text("vhost")}, {args_.text("configure_priv"), args_.text("write_priv"), args_.text("read_priv")}}};
        bool there = false;
        std::set<std::string> tags;
        for (const auto& row : broker_.table({"list_users"}, "user"))
            if (row[0] == name_) {
                there = true;
                tags = split_tags(base::replace_all(base::replace_all(row[1], "[", ""), "]", ""));
            }
        out_.set("user", name_).set("state", args_.text("state"));
        if (there && (!present || args_.flag("force"))) {
            act({"delete_user", name_});
            there = false;
            tags.clear();
        }
        if (!present) return out_;
        if (!there) add();
        else if (args_.given("password") && args_.text("update_password") == "always" && !broker_.succeeds({"authenticate_user", name_}, args_.text("password") + "\n"))
            act({"change_password", name_}, args_.text("password") + "\n");
        if (args_.given("tags"))
            if (auto asked = split_tags(args_.text("tags")); asked != tags) {
                std::vector<std::string> words{"set_user_tags", name_};
                words.insert(words.end(), asked.begin(), asked.end());
                act(std::move(words));
            }
        Rights now;
        for (const auto& row : broker_.table({"list_user_permissions", name_}, "vhost")) if (row.size() > 3) now[{row[0]}] = {row[1], row[2], row[3]};
        bring(now, wanted, all, "permissions");
        if (!args_["topic_permissions"].list().empty()) {
            Rights topics;
            for (const auto& row : broker_.table({"list_user_topic_permissions", name_}, "vhost")) if (row.size() > 3) topics[{row[0], row[1]}] = {row[2], row[3]};
            bring(topics, wanted_rights(args_["topic_permissions"], {"vhost", "exchange"}, {"write_priv", "read_priv"}, "topic"), true, "topic_permissions");
        }
        return out_;
    }

private:
    void act(std::vector<std::string> words, const std::string& input = {}) {
        out_.changed = true;
        broker_.run(std::move(words), input);
    }

    void add() {
        std::string password = args_.text("password");
        if (password.empty()) {   // rabbitmqctl wants one; it is taken away again at once
            auto reader = context_.machine.open_file("/dev/urandom");
            auto bytes = reader ? (*reader)->read(24) : base::Result<std::string>(reader.error());
            if (!bytes || bytes->size() < 24) fail("There are no random bytes in /dev/urandom.");
            password = base::hex(*bytes);
        }
        act({"add_user", name_}, password + "\n");
        if (args_.text("password").empty()) act({"clear_password", name_});
    }

    void bring(const Rights& now, const Rights& wanted, bool all, const std::string& what) {
        auto words = [&](const char* verb, const std::vector<std::string>& place) {
            std::vector<std::string> out{verb + what, "-p", place[0], name_};
            if (place.size() > 1) out.push_back(place[1]);
            return out;
        };
        if (all)
            for (const auto& [place, patterns] : now) if (!wanted.contains(place)) act(words("clear_", place));
        for (const auto& [place, patterns] : wanted)
            if (auto is = now.find(place); is == now.end() || is->second != patterns) {
                auto argv = words("set_", place);
                argv.insert(argv.end(), patterns.begin(), patterns.end());
                act(std::move(argv));
            }
    }

    const Args& args_;
    Context& context_;
    RabbitMq broker_;
    std::string name_;
    Outcome out_;
};

Outcome run(const Args& args, Context& context) { return UserTask(args, context).run(); }

}  // namespace

const Module rabbitmq_user_module{
    .name = "rabbitmq_user", .collection = "community.rabbitmq", .summary = "Have an account of RabbitMQ", .args = args, .rules = {},
    .check_mode = CheckMode::none, .file_common = false, .free_form = false, .lookahead = false, .run = run,
    .notes = "Passwords go to rabbitmqctl over standard input, which needs RabbitMQ 3.7 or newer.",
    .returns = "user, state: as asked for | always", .example = "- rabbitmq_user:\n    user: fate\n    password: '{{ fate_mq_password }}'\n    permissions: [{vhost: /fate, configure_priv: .*, write_priv: .*, read_priv: .*}]\n"};

}  // namespace fprov::modules
