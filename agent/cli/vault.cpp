// SPDX-License-Identifier: Apache-2.0
// fprov vault (ansible-vault): encrypted files and texts.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <iostream>
#include <iterator>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/problems.hpp"
#include "cli/terminal.hpp"
#include "cli/workspace.hpp"
#include "vault/commands.hpp"

namespace fprov::cli {
namespace {

struct VaultFlags {
    std::vector<std::string> words;                 // files, or texts of encrypt_string
    std::string output, encrypt_vault_id, new_vault_id, new_vault_password_file, stdin_name;
    std::vector<std::string> names;
    bool prompt = false, show_input = false;
};

int run_editor(const std::vector<std::string>& argv) {
    std::fflush(stdout);
    pid_t child = ::fork();
    if (child < 0) throw base::Failure(base::Kind::io, "the editor cannot be started: no process");
    if (child == 0) {
        std::vector<char*> raw;
        for (const auto& word : argv) raw.push_back(const_cast<char*>(word.c_str()));
        raw.push_back(nullptr);
        ::execvp(raw[0], raw.data());
        ::_exit(127);
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

vault::Terminal terminal(Workspace& workspace) {
    vault::Terminal t;
    t.out = [](std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); std::fflush(stdout); };
    t.note = [](const std::string& text) { std::fputs((text + "\n").c_str(), stderr); };
    t.warn = [&workspace](const std::string& text) { workspace.warn(text); };
    t.input = [] { return std::string(std::istreambuf_iterator<char>(std::cin), {}); };
    t.ask = [](const std::string& prompt, bool hidden) {
        bool eof = false;
        std::string line = ask(prompt, !hidden, &eof);
        if (eof) throw base::Failure(base::Kind::secret, "EOFError (ctrl-d) on prompt for (" + prompt + ")");
        return line;
    };
    t.edit = run_editor;
    t.out_is_terminal = stdout_is_terminal();
    t.input_is_terminal = stdin_is_terminal();
    return t;
}

// The secret to encrypt with: a given one, or a new one asked for twice.
vault::Secret secret_for(Workspace& workspace, const VaultFlags& flags, const vault::Terminal& t) {
    if (workspace.secrets->empty()) return vault::ask_new_secret("default", t);
    std::string label = !flags.encrypt_vault_id.empty() ? flags.encrypt_vault_id : workspace.config.text("DEFAULT_VAULT_ENCRYPT_IDENTITY");
    return vault::choose_secret(*workspace.secrets, label);
}

vault::Secret new_secret(const VaultFlags& flags, const vault::Terminal& t) {
    std::string label = "default", source = flags.new_vault_password_file;
    if (!flags.new_vault_id.empty()) {
        auto at = flags.new_vault_id.find('@');
        if (at != std::string::npos) label = flags.new_vault_id.substr(0, at);
        source = at == std::string::npos ? flags.new_vault_id : flags.new_vault_id.substr(at + 1);
    }
    if (source.empty() || source == "prompt" || source == "prompt_ask_vault_pass") return vault::ask_new_secret(label, t);
    return {label, vault::read_secret_source(source, label, [&](const std::string& prompt) { return t.ask(prompt, true); }).value()};
}

struct Action {
    std::string_view name, help;
    bool encrypts;        // a new password may be asked for
    bool needs_files;
    void (*run)(Workspace&, const VaultFlags&, const vault::Terminal&);
};

constexpr std::array actions{
    Action{"create", "make a new encrypted file in an editor", true, true,
           [](Workspace& w, const VaultFlags& f, const vault::Terminal& t) {
               if (f.words.size() != 1) throw base::Failure(base::Kind::generic, "ansible-vault create can take only one filename argument");
               vault::create_file(f.words.front(), secret_for(w, f, t), t);
           }},
    Action{"decrypt", "decrypt files in place", false, false,
           [](Workspace& w, const VaultFlags& f, const vault::Terminal& t) { vault::decrypt_files(f.words, f.output, *w.secrets, t); }},
    Action{"edit", "edit encrypted files", false, true, [](Workspace& w, const VaultFlags& f, const vault::Terminal& t) { vault::edit_files(f.words, *w.secrets, t); }},
    Action{"view", "show encrypted files", false, true, [](Workspace& w, const VaultFlags& f, const vault::Terminal& t) { vault::view_files(f.words, *w.secrets, t); }},
    Action{"encrypt", "encrypt files in place", true, false,
           [](Workspace& w, const VaultFlags& f, const vault::Terminal& t) { vault::encrypt_files(f.words, f.output, secret_for(w, f, t), t); }},
    Action{"encrypt_string", "encrypt texts for use in YAML", true, false,
           [](Workspace& w, const VaultFlags& f, const vault::Terminal& t) {
               vault::StringRequest request;
               request.texts = f.words;
               request.names = f.names;
               request.stdin_name = f.stdin_name;
               request.prompt = f.prompt;
               request.show_input = f.show_input;
               if (auto dash = std::find(request.texts.begin(), request.texts.end(), "-"); dash != request.texts.end()) { request.from_stdin = true; request.texts.erase(dash); }
               if (!f.stdin_name.empty() || (request.texts.empty() && !f.prompt)) request.from_stdin = true;
               vault::encrypt_strings(request, secret_for(w, f, t), t);
           }},
    Action{"rekey", "encrypt files with another password", false, true,
           [](Workspace& w, const VaultFlags& f, const vault::Terminal& t) { vault::rekey_files(f.words, *w.secrets, new_secret(f, t), t); }},
};

}  // namespace

int run_vault(const Invocation& invocation) {
    std::vector<std::string> names;
    for (const auto& action : actions) names.emplace_back(action.name);
    std::string overview = "usage: " + invocation.program + " [-h] [--version] ACTION …\n\nEncrypts and decrypts files and texts.\n\nactions:\n";
    for (const auto& action : actions) overview += "  " + std::string(action.name) + std::string(18 - action.name.size(), ' ') + std::string(action.help) + "\n";
    const auto& words = invocation.words;
    if (!words.empty() && (words[0] == "-h" || words[0] == "--help")) { std::fputs(overview.c_str(), stdout); return 0; }
    if (!words.empty() && words[0] == "--version") { std::fputs(version_text(invocation).c_str(), stdout); return 0; }
    auto chosen = std::find_if(actions.begin(), actions.end(), [&](const Action& a) { return !words.empty() && a.name == words[0]; });
    if (chosen == actions.end()) {
        std::string error = words.empty() ? "the following arguments are required: action" : "argument action: invalid choice: '" + words[0] + "'";
        std::fputs((overview + invocation.program + ": error: " + error + "\n").c_str(), stderr);
        return 2;
    }
    Flags flags;
    VaultFlags own;
    Arguments arguments(invocation.program + " " + words[0], std::string(chosen->help));
    arguments.count("-v,--verbose", flags.verbosity, "show more");
    add_vault_flags(arguments, flags);
    auto is = [&](std::initializer_list<std::string_view> these) { return std::find(these.begin(), these.end(), chosen->name) != these.end(); };
    if (is({"decrypt", "encrypt", "encrypt_string"})) arguments.value("--output", own.output, "write to this file (- for stdout)", "OUTPUT_FILE");
    if (!is({"decrypt", "view"})) arguments.value("--encrypt-vault-id", own.encrypt_vault_id, "vault id to encrypt with", "ENCRYPT_VAULT_ID");
    if (chosen->name == "rekey") {
        arguments.value("--new-vault-id", own.new_vault_id, "the new vault id", "NEW_VAULT_ID");
        arguments.value("--new-vault-password-file", own.new_vault_password_file, "file with the new password", "NEW_VAULT_PASSWORD_FILE");
    }
    if (chosen->name == "encrypt_string") {
        arguments.flag("-p,--prompt", own.prompt, "ask for the text");
        arguments.flag("--show-input", own.show_input, "show what is typed");
        arguments.values("-n,--name", own.names, "name of the variable", "NAME");
        arguments.value("--stdin-name", own.stdin_name, "name of the variable for the text from stdin", "NAME");
    }
    arguments.positionals(chosen->name == "encrypt_string" ? "string_to_encrypt" : "file_name", own.words, "", chosen->needs_files);
    arguments.parse({words.begin() + 1, words.end()});
    std::vector<std::string> warnings;
    Workspace workspace(Config::load(warnings), flags, {.program = invocation.as_ansible ? "ansible" : "fprov"});
    for (const auto& warning : warnings) workspace.warn(warning);
    // Without any source, whoever decrypts is asked for the password.
    bool any = !flags.vault_ids.empty() || !flags.vault_password_files.empty() || !workspace.config.text("DEFAULT_VAULT_PASSWORD_FILE").empty() || !workspace.config.list("DEFAULT_VAULT_IDENTITY_LIST").empty();
    if (!any && !chosen->encrypts) workspace.flags.ask_vault_pass = true;
    bool ask_new = chosen->encrypts && workspace.flags.ask_vault_pass && !any;
    if (ask_new) workspace.flags.ask_vault_pass = false;
    workspace.load_secrets();
    try {
        chosen->run(workspace, own, terminal(workspace));
    } catch (const base::Failure& failure) {
        workspace.screen->error(explain(failure.error()));
        return failure.error().kind == base::Kind::usage ? 5 : 1;
    }
    return 0;
}

}  // namespace fprov::cli
