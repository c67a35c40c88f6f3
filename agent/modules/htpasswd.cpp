// SPDX-License-Identifier: Apache-2.0
// htpasswd: one account in a web server's password file.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/des.h>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "modules/support/crypt.hpp"
#include "modules/support/edit.hpp"
#include "modules/support/ownership.hpp"

namespace fprov::modules {
extern const Module htpasswd_module;
namespace {

using spec::Type;

constexpr Arg args[] = {
    {.name = "path", .type = Type::path, .help = "The password file", .required = true, .aliases = "dest|destfile"},
    {.name = "name", .help = "The account", .required = true, .aliases = "username"},
    {.name = "password", .help = "Its password; needed when the account is new", .secret = true},
    {.name = "crypt_scheme", .help = "How the password is stored: apr_md5_crypt, md5_crypt, des_crypt, bcrypt, ldap_sha1, sha256_crypt, sha512_crypt or plaintext", .fallback = "apr_md5_crypt"},
    {.name = "state", .help = "Whether the account is in the file", .fallback = "present", .choices = "present|absent"},
    {.name = "create", .type = Type::boolean, .help = "Make a missing file", .fallback = "yes"},
};

struct Scheme { std::string_view name, prefix; bool common; };   // common: recognised whatever the task's scheme is
constexpr Scheme schemes[] = {{"apr_md5_crypt", "$apr1$", true}, {"ldap_sha1", "{SHA}", true}, {"md5_crypt", "$1$", false}, {"bcrypt", "$2", false},
                              {"sha256_crypt", "$5$", true},     {"sha512_crypt", "$6$", true}, {"des_crypt", "", true}, {"plaintext", "", true}};
constexpr std::string_view grain_letters = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

std::string salt(Context& context, std::size_t length) {
    auto reader = context.machine.open_file("/dev/urandom");
    auto bytes = reader ? (*reader)->read(length) : base::Result<std::string>(reader.error());
    if (!bytes || bytes->size() < length) fail("There are no random bytes for a salt in /dev/urandom.");
    std::string out;
    for (char c : *bytes) out += grain_letters[static_cast<unsigned char>(c) & 63];
    return out;
}

/// The hash of a password; `old` gives salt and rounds when a stored one is to be met.
std::string hashed(Context& context, const Scheme& scheme, const std::string& password, std::string_view old) {
    if (scheme.name == "plaintext") return password;
    if (scheme.name == "des_crypt") {
        char out[14] = {};
        const std::string grains = old.size() == 13 ? std::string(old.substr(0, 2)) : salt(context, 2);
        return ::DES_fcrypt(password.c_str(), grains.c_str(), out) ? out : "";
    }
    std::string prefix(scheme.prefix);
    if (scheme.name == "bcrypt") {   // $2b$12$, salt (22), hash (31)
        const bool known = old.size() == 60;
        const std::string head = known ? std::string(old.substr(0, 7)) : "$2b$12$", grains = known ? std::string(old.substr(7, 22)) : salt(context, 21) + "O";   // 128 bits: the last letter has two
        return head + grains + bcrypt(password, grains, static_cast<unsigned>(base::parse_int(head.substr(4, 2)).value_or(0)));
    }
    if (scheme.name == "ldap_sha1") return prefix + base::base64_encode(*base::digest_raw("sha1", password));
    auto parts = base::split(old, '$');   // "", id, [rounds=N,] salt, digest
    const bool md5 = scheme.name.find("md5") != std::string_view::npos;
    unsigned rounds = scheme.name == "sha256_crypt" ? 535000 : 656000;   // what passlib writes
    std::string middle = "rounds=" + std::to_string(rounds) + "$", grains;
    if (parts.size() > 3) {
        const bool told = parts[2].starts_with("rounds=");
        rounds = told ? static_cast<unsigned>(base::parse_int(parts[2].substr(7)).value_or(5000)) : 5000;
        middle = told ? parts[2] + "$" : "";
        grains = parts[told ? 3 : 2];
    }
    if (grains.empty()) grains = salt(context, md5 ? 8 : 16);
    if (md5) return prefix + grains + "$" + md5_crypt(prefix, password, grains);
    return prefix + middle + grains + "$" + sha_crypt(scheme.name == "sha256_crypt" ? "sha256" : "sha512", password, grains, rounds);
}

bool matches(Context& context, const Scheme& wanted, const std::string& password, const std::string& stored) {
    const bool like_des = stored.size() == 13 && stored.find_first_not_of(grain_letters) == std::string::npos;
    for (const auto& scheme : schemes)
        if (stored.starts_with(scheme.prefix) && (scheme.name != "des_crypt" || like_des)) return (scheme.common || scheme.name == wanted.name) && hashed(context, scheme, password, stored) == stored;
    return false;
}

Outcome run(const Args& args, Context& context) {
    const std::string name = args.text("name"), wanted = args.text("crypt_scheme");
    const bool present = args.text("state") == "present";
    const Scheme* scheme = nullptr;
    for (const auto& one : schemes)
        if (one.name == wanted || (one.common && wanted.starts_with("portable"))) { scheme = &one; break; }
    if (!scheme) fail("crypt_scheme '" + wanted + "' is none that is computed here; take apr_md5_crypt, md5_crypt, des_crypt, bcrypt, ldap_sha1, sha256_crypt, sha512_crypt or plaintext");
    if (name.find_first_of(":\n") != std::string::npos) fail("user contains invalid characters: " + name);
    Edited edited{.path = args.text("path"), .before = {}, .after = {}, .existed = context.machine.exists(args.text("path"))};
    if (edited.existed) edited.before = context.machine.read_file(edited.path).value();
    else if (present && !args.flag("create")) fail("Destination " + edited.path + " does not exist");
    auto lines = keep_lines(edited.before);
    auto line = lines.begin();
    while (line != lines.end() && !line->starts_with(name + ":")) ++line;
    const bool there = line != lines.end();
    Outcome out;
    std::string message = name + (present ? " already present" : " not present");
    if (present) {
        const std::string password = args.text("password"), stored = there ? std::string(bare(*line)).substr(name.size() + 1) : "";
        if (!there && !args.given("password")) fail("The account " + name + " is new: password is needed");
        if (!there || (args.given("password") && !matches(context, *scheme, password, stored))) {
            out.changed = true;
            message = edited.existed ? "Add/update " + name : context.check ? "Create " + edited.path : "Created " + edited.path + " and added " + name;
            std::string entry = name + ":" + (context.check ? "" : hashed(context, *scheme, password, {})) + "\n";
            if (there) *line = entry;
            else {
                if (!lines.empty() && !lines.back().ends_with('\n')) lines.back() += '\n';
                lines.push_back(entry);
            }
        }
    } else if (there) {
        out.changed = true;
        message = "Remove " + name;
        lines.erase(line);
    }
    if (out.changed) {
        edited.after = join_lines(lines);
        write_edited(context, args, edited);
    }
    if (context.machine.exists(edited.path) && apply_wishes(context, edited.path, file_wishes(args))) out.changed = true;
    return out.set("msg", message);
}

}  // namespace

const Module htpasswd_module{
    .name = "htpasswd", .collection = "community.general", .summary = "Have an account in a web server's password file", .args = args, .rules = {},
    .check_mode = CheckMode::full, .file_common = true, .free_form = false, .lookahead = true, .run = run,
    .notes = "Needs no passlib. What else passlib knows is refused; a stored hash of another kind counts as another password.",
    .returns = "msg: what was done | always", .example = "- htpasswd: {path: /etc/nginx/passwd, name: jane, password: '{{ web_password }}', owner: root, group: www-data, mode: '0640'}\n"};

}  // namespace fprov::modules
