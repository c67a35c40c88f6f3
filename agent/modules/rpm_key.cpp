// SPDX-License-Identifier: Apache-2.0
// rpm_key: keys in the rpm database.
#include <algorithm>

#include "base/text.hpp"
#include "modules/module.hpp"
#include "modules/support/accounts.hpp"
#include "modules/support/gpg.hpp"

namespace fprov::modules {
namespace {

constexpr Arg args[] = {
    {.name = "key", .help = "A file, a URL; or an id, to remove one", .required = true},
    {.name = "state", .help = "Whether it is there", .fallback = "present", .choices = "absent|present"},
    {.name = "validate_certs", .type = spec::Type::boolean, .help = "Check certificates of https URLs", .fallback = "yes"},
    {.name = "fingerprint", .help = "Fingerprint that the key must have"},
};

Outcome run(const Args& args, Context& context) {
    const auto key = args.text("key");
    const bool present = args.text("state") == "present";
    const auto rpm = required_program(context, "rpm");
    std::string file, id;
    if (key.find("://") != std::string::npos) file = fetch_key(args, context, key, "failed to fetch key at " + key + " , error was: ");
    else if (context.machine.is_file(key)) file = key;
    else {
        id = base::upper(key.starts_with("0x") || key.starts_with("0X") ? key.substr(2) : key);
        if (id.size() < 8 || id.find_first_not_of("0123456789ABCDEF") != std::string::npos) fail("Not a valid key " + key);
        if (present) fail("When importing a key, a valid file must be given");
    }
    if (!file.empty()) {
        const auto found = key_in_file(context, file);
        if (found.id.empty()) fail(found.error.empty() ? "Not a valid key " + key : found.error);
        id = found.id;
        auto wanted = base::upper(base::replace_all(args.text("fingerprint"), " ", ""));
        if (!wanted.empty() && wanted != found.fingerprint)
            fail("The specified fingerprint, '" + wanted + "', does not match the key fingerprint '" + found.fingerprint + "'");
    }
    const auto version = base::lower(std::string_view(id).substr(id.size() - 8));   // gpg-pubkey's
    const auto known = base::split_lines(run_program(context, {rpm, "-q", "gpg-pubkey", "--qf", "%{version}\\n"}).output);
    const bool there = std::find(known.begin(), known.end(), version) != known.end();
    Outcome out;
    out.changed = there != present;
    if (!out.changed || context.check) return out;
    if (present) context.must_run({rpm, "--import", file});
    else context.must_run({rpm, "--erase", "--allmatches", "gpg-pubkey-" + version});
    return out;
}

}  // namespace

extern const Module rpm_key_module{
    .name = "rpm_key", .collection = "ansible.builtin", .summary = "Keys that rpm trusts", .args = args, .rules = {}, .check_mode = CheckMode::full, .file_common = false,
    .free_form = false, .lookahead = false, .run = run, .notes = "Needs gpg on the host to read key files.", .returns = "",
    .example = "- rpm_key:\n    key: /etc/pki/rpm-gpg/RPM-GPG-KEY-CentOS-7\n"};

}  // namespace fprov::modules
