// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

#include "base/files.hpp"
#include "base/text.hpp"
#include "vault/commands.hpp"

using namespace fprov;
using vault::Secret;

namespace {

/// A folder, and a terminal that writes down what it is told.
struct Desk {
    std::filesystem::path folder;
    std::string out, notes, input, warnings;
    std::vector<std::string> answers, prompts;
    std::string typed;            // what the "editor" leaves in the file; "=" leaves it as it is
    std::string seen;             // what the editor found
    vault::Terminal terminal;
    vault::Secrets secrets;
    Secret secret{"default", "secret"};

    Desk() {
        char name[] = "/tmp/fprov-desk-XXXXXX";
        folder = ::mkdtemp(name);
        secrets.add(secret);
        terminal.out = [this](std::string_view text) { out += text; };
        terminal.note = [this](const std::string& text) { notes += text + "\n"; };
        terminal.warn = [this](const std::string& text) { warnings += text + "\n"; };
        terminal.input = [this] { return input; };
        terminal.ask = [this](const std::string& prompt, bool) {
            prompts.push_back(prompt);
            const std::string answer = answers.at(0);
            answers.erase(answers.begin());
            return answer;
        };
        terminal.edit = [this](const std::vector<std::string>& argv) {
            seen = base::read_file(argv.back()).value();
            if (typed != "=") REQUIRE(base::write_file_atomic(argv.back(), typed).ok());
            return 0;
        };
    }
    ~Desk() { std::filesystem::remove_all(folder); }
    std::string file(const std::string& name, const std::string& content) {
        const std::string path = folder / name;
        REQUIRE(base::write_file_atomic(path, content, 0644).ok());
        return path;
    }
    static std::string read(const std::string& path) { return base::read_file(path).value(); }
};

std::string fails(const std::function<void()>& action) {
    try {
        action();
    } catch (const base::Failure& failure) {
        return failure.what();
    }
    return "no error";
}

}  // namespace

TEST_CASE("vault commands: files are encrypted and decrypted in place, readable by their owner only") {
    Desk desk;
    const std::string path = desk.file("a.yml", "x: 1\n");
    vault::encrypt_files({path}, "", desk.secret, desk.terminal);
    CHECK(desk.read(path).starts_with("$ANSIBLE_VAULT;1.1;AES256\n"));
    struct stat info {};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);
    CHECK(desk.notes.empty());
    CHECK(fails([&] { vault::encrypt_files({path}, "", desk.secret, desk.terminal); }) == "input is already encrypted");
    desk.terminal.out_is_terminal = true;
    vault::decrypt_files({path}, "", desk.secrets, desk.terminal);
    CHECK(desk.read(path) == "x: 1\n");
    CHECK(desk.notes == "Decryption successful\n");
    CHECK(fails([&] { vault::decrypt_files({path}, "", desk.secrets, desk.terminal); }) ==
          "input is not vault encrypted data. " + path + " is not a vault encrypted file for " + path);
}

TEST_CASE("vault commands: streams and other outputs") {
    Desk desk;
    desk.input = "x: 1\n";
    vault::encrypt_files({}, "", desk.secret, desk.terminal);
    CHECK(desk.out.starts_with("$ANSIBLE_VAULT;1.1;AES256\n"));
    desk.input = std::exchange(desk.out, "");
    vault::decrypt_files({"-"}, "-", desk.secrets, desk.terminal);
    CHECK(desk.out == "x: 1\n");
    const std::string from = desk.file("a", "text"), to = desk.folder / "b";
    vault::encrypt_files({from}, to, desk.secret, desk.terminal);
    CHECK(desk.read(from) == "text");
    desk.out.clear();
    vault::view_files({to}, desk.secrets, desk.terminal);
    CHECK(desk.out == "text");
    CHECK(fails([&] { vault::encrypt_files({from, to}, "c", desk.secret, desk.terminal); }) == "At most one input file may be used with the --output option");
    CHECK(fails([&] { vault::encrypt_files({"/no/such"}, "", desk.secret, desk.terminal); }) ==
          "Unable to read source file (/no/such): [Errno 2] No such file or directory: '/no/such'");
}

TEST_CASE("vault commands: editing") {
    Desk desk;
    const std::string path = desk.folder / "new.yml";
    desk.typed = "secret: 1\n";
    vault::create_file(path, desk.secret, desk.terminal);
    CHECK(vault::decrypt(desk.read(path), desk.secrets).value() == "secret: 1\n");
    CHECK(fails([&] { vault::create_file(path, desk.secret, desk.terminal); }) == path + " exists, please use 'edit' instead");
    const std::string before = desk.read(path);
    desk.typed = "=";
    vault::edit_files({path}, desk.secrets, desk.terminal);
    CHECK(desk.seen == "secret: 1\n");
    CHECK(desk.read(path) == before);   // nothing changed, nothing written
    desk.typed = "secret: 2\n";
    vault::edit_files({path}, desk.secrets, desk.terminal);
    CHECK(vault::decrypt(desk.read(path), desk.secrets).value() == "secret: 2\n");
    const std::string labelled = desk.file("l", vault::encrypt("a", {"dev", "secret"}));
    vault::edit_files({labelled}, desk.secrets, desk.terminal);
    CHECK(desk.read(labelled).starts_with("$ANSIBLE_VAULT;1.2;AES256;dev\n"));   // the label stays
}

TEST_CASE("vault commands: rekeying and new passwords") {
    Desk desk;
    const std::string path = desk.file("a", vault::encrypt("text", desk.secret));
    vault::rekey_files({path}, desk.secrets, {"prod", "other"}, desk.terminal);
    CHECK(desk.notes == "Rekey successful\n");
    CHECK(desk.read(path).starts_with("$ANSIBLE_VAULT;1.2;AES256;prod\n"));
    CHECK(fails([&] { vault::rekey_files({path}, desk.secrets, desk.secret, desk.terminal); }) ==
          "Decryption failed (no vault secrets were found that could decrypt) for " + path);
    desk.answers = {"a", "b"};
    CHECK(fails([&] { vault::ask_new_secret("", desk.terminal); }) == "Passwords do not match");
    desk.answers = {"a", "a"};
    CHECK(vault::ask_new_secret("dev", desk.terminal).password == "a");
    CHECK(desk.prompts.back() == "Confirm new vault password (dev): ");
}

TEST_CASE("vault commands: choosing the secret to encrypt with") {
    vault::Secrets two;
    two.add({"a", "1"});
    two.add({"b", "2"});
    CHECK(vault::choose_secret(two, "b").password == "2");
    CHECK(fails([&] { vault::choose_secret(two); }) == "The vault-ids a,b are available to encrypt. Specify the vault-id to encrypt with --encrypt-vault-id");
    CHECK(fails([&] { vault::choose_secret(two, "c"); }) == "Did not find a match for --encrypt-vault-id=c in the known vault-ids ['a', 'b']");
}

TEST_CASE("vault commands: strings become YAML") {
    Desk desk;
    vault::encrypt_strings({.texts = {"foo"}, .names = {"k"}}, desk.secret, desk.terminal);
    CHECK(desk.out.starts_with("k: !vault |\n          $ANSIBLE_VAULT;1.1;AES256\n          "));
    CHECK(desk.out.back() != '\n');
    CHECK(desk.notes.empty());
    desk.out.clear();
    desk.input = "sec";
    vault::encrypt_strings({.texts = {"a"}, .from_stdin = true, .stdin_name = "q"}, desk.secret, desk.terminal);
    CHECK(desk.notes == "# The encrypted version of variable (\"q\", the string #1 from stdin).\n# The encrypted version of the string #2 from the command line args.)\n");
    CHECK(desk.out.find("\n!vault |\n") != std::string::npos);
    CHECK(fails([&] { vault::encrypt_strings({.texts = {""}}, desk.secret, desk.terminal); }) ==
          "The plaintext provided from the command line args was empty, not encrypting");
}
