// SPDX-License-Identifier: Apache-2.0
// apt_key: keys that apt trusts, through apt-key.
#include <algorithm>

#include "base/text.hpp"
#include "modules/module.hpp"
#include "modules/support/accounts.hpp"
#include "modules/support/gpg.hpp"

namespace fprov::modules {
namespace {

using spec::Type;

constexpr Arg args[] = {
    {.name = "id", .help = "The key's id"},
    {.name = "url", .help = "Where to fetch the key"},
    {.name = "data", .help = "The key itself"},
    {.name = "file", .type = Type::path, .help = "A file with the key"},
    {.name = "keyring", .type = Type::path, .help = "The file that it goes to"},
    {.name = "keyserver", .help = "Server to ask for the id"},
    {.name = "validate_certs", .type = Type::boolean, .help = "Check certificates of https URLs", .fallback = "yes"},
    {.name = "state", .help = "Whether it is there", .fallback = "present", .choices = "absent|present"},
};
constexpr Rule rules[] = {{Rule::Kind::mutually_exclusive, "data,file,keyserver,url"}};

std::string tail(const std::string& text, std::size_t size) { return text.size() > size ? text.substr(text.size() - size) : text; }

Outcome run(const Args& args, Context& context) {
    const auto program = required_program(context, "apt-key");
    Outcome out;
    std::string id = args.text("id"), file = args.text("file");
    if (args.given("url")) file = fetch_key(args, context, args.text("url"), "Failed to download key at " + args.text("url") + ": ");
    if (args.given("data")) {
        file = context.machine.temp_file("key").value();
        context.machine.write_file(file, args.text("data")).value();
    }
    if (id.empty() && !file.empty()) {
        const auto key = key_in_file(context, file);
        if (key.id.empty())
            fail("Unable to extract key from '" + (args.given("data") ? "inline data" : args.given("url") ? args.text("url") : file) + "'", Map{{"stdout", ""}, {"stderr", key.error}});
        id = key.id;
    }
    std::string plain = base::upper(id.starts_with("0x") || id.starts_with("0X") ? id.substr(2) : id);
    if (plain.size() < 8 || plain.find_first_not_of("0123456789ABCDEF") != std::string::npos) fail("Invalid key_id", Map{{"id", args.given("id") ? Value(id) : Value()}});
    const std::size_t size = plain.size() < 16 ? 8 : 16;
    const auto key_id = tail(plain, size), short_id = tail(plain, 8);
    out.set("id", id).set("key_id", key_id).set("short_id", short_id).set("fp", plain);

    std::vector<std::string> command{program};
    if (args.given("keyring")) command.insert(command.end(), {"--keyring", args.text("keyring")});
    auto call = [&](std::vector<std::string> words, const std::string& input = {}) {
        words.insert(words.begin(), command.begin(), command.end());
        return run_program(context, std::move(words), input);
    };
    auto keys = [&] {
        auto ran = call({"adv", "--list-public-keys", "--keyid-format=long", "--batch", "--with-colons"});
        auto ids = key_ids(ran.output);
        for (auto& one : ids) one = tail(one, size);
        return ids;
    };
    auto has = [&](const std::vector<std::string>& ids) { return std::find(ids.begin(), ids.end(), key_id) != ids.end(); };
    const auto before = keys();
    const bool present = args.text("state") == "present";
    out.set("before", Value::strings(before));
    out.changed = has(before) != present;
    if (!out.changed || context.check) return out;
    Ran ran;
    if (!present) ran = call({"del", short_id});
    else if (args.given("keyserver")) ran = call({"adv", "--no-tty", "--keyserver", args.text("keyserver"), "--recv", plain});
    else if (!file.empty()) ran = call({"add", file});
    auto refuse = [&](const std::string& sentence) {
        Map fields = out.fields;
        fields.set("stdout", ran.output);
        fields.set("stderr", ran.error_output);
        if (ran.code) fields.set("rc", ran.code);
        else fields.set("changed", true);
        fail(sentence, std::move(fields));
    };
    if (present && file.empty() && !args.given("keyserver")) {
        out.failed = true;
        out.msg = "No key to add: give data, file, url or keyserver with the id";
        return out;
    }
    if (ran.code != 0)
        refuse(args.given("keyserver") && present ? "Error fetching key " + plain + " from keyserver: " + args.text("keyserver")
                                                  : std::string("Unable to ") + (present ? "add" : "remove") + " the key: " + std::string(base::trim(ran.error_output)));
    const auto after = keys();
    out.set("after", Value::strings(after));
    if (has(after) != present)
        refuse(std::string("apt-key did not return an error, but ") + (present ? "failed to add the key" : "the key was not removed") + " (check that the id is correct and *not* a subkey)");
    return out;
}

}  // namespace

extern const Module apt_key_module{
    .name = "apt_key", .collection = "ansible.builtin", .summary = "Keys that apt trusts", .args = args, .rules = rules, .check_mode = CheckMode::full, .file_common = false,
    .free_form = false, .lookahead = false, .run = run, .notes = "Needs apt-key, which Debian 13 does not have any more: put keys into /etc/apt/keyrings there.",
    .returns = "before: ids before | always\nafter: ids afterwards | changed\nid: the key, as given or found | always\nkey_id: its last 16 digits | always\n"
               "short_id: its last 8 digits | always\nfp: all digits that are known | always",
    .example = "- apt_key:\n    file: /tmp/mirror.asc\n"};

}  // namespace fprov::modules
