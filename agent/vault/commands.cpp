// SPDX-License-Identifier: Apache-2.0
#include "vault/commands.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "base/files.hpp"
#include "base/text.hpp"
#include "vault/cipher.hpp"

namespace fprov::vault {

namespace {

using base::Failure;
using base::Kind;

std::string read_source(const std::string& path) {
    if (base::is_directory(path)) throw Failure(Kind::io, "Unable to read source file (" + path + "): [Errno 21] Is a directory: '" + path + "'");
    auto read = base::read_file(path);
    if (!read) {
        const std::string reason = base::exists(path) ? "[Errno 13] Permission denied: '" + path + "'" : "[Errno 2] No such file or directory: '" + path + "'";
        throw Failure(Kind::io, "Unable to read source file (" + path + "): " + reason);
    }
    return std::move(*read);
}

/// Overwrites before it unlinks, so that the plain text does not stay on the disk (as far as the file system allows).
void shred(const std::string& path) {
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0) return;
    if (S_ISREG(info.st_mode)) {
        std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
        const std::string noise = random_bytes(4096);
        for (off_t left = info.st_size; file && left > 0; left -= static_cast<off_t>(noise.size()))
            file.write(noise.data(), std::min<std::streamsize>(left, static_cast<std::streamsize>(noise.size())));
        file.flush();
    }
    ::unlink(path.c_str());
}

void write_target(const std::string& path, std::string_view content) {
    auto written = base::write_file_atomic(path, content, 0600);
    if (!written) throw Failure(written.error());
}

/// The plain text, and the secret that opened it with the label of the envelope.
struct Opened { std::string plain; Secret secret; };

Opened open_text(const std::string& text, const Secrets& secrets) {
    const std::string_view header = std::string_view(text).substr(0, text.find('\n'));
    const std::vector<std::string> parts = base::split(base::trim(header), ';');
    const std::string label = parts.size() > 3 ? std::string(base::trim(parts[3])) : "default";
    auto plain = decrypt(text, secrets);
    if (!plain) throw Failure(plain.error());
    for (const auto& secret : secrets.all()) {
        Secrets one;
        one.add(secret);
        if (decrypt(text, one).ok()) return {std::move(*plain), {label, secret.password}};
    }
    return {std::move(*plain), {label, ""}};
}

Failure about(const Failure& failure, const std::string& path, bool twice) {
    base::Error error = failure.error();
    if (error.kind == Kind::secret && twice) error.what += " on " + path;
    if (error.kind == Kind::parse && error.what.starts_with("input is not vault")) error.what += twice ? ". " + path + " is not a vault encrypted file" : ". ";
    error.what += " for " + path;
    return Failure(error);
}

std::string finished_path(const std::string& path) { return path == "-" ? path : base::absolute_path(base::expand_user(path)); }

void one_output(const std::vector<std::string>& files, const std::string& output) {
    if (!output.empty() && files.size() > 1) throw Failure(Kind::usage, "At most one input file may be used with the --output option");
}

/// Runs every file (or stdin) through `change` to where it belongs.
template <class Change>
void convert(std::vector<std::string> files, const std::string& output, const Terminal& terminal, const char* what, const Change& change) {
    one_output(files, output);
    if (files.empty()) {
        if (terminal.input_is_terminal) terminal.note(std::string("Reading ") + what + " input from stdin");
        files.emplace_back("-");
    }
    for (const auto& file : files) {
        const std::string path = finished_path(file);
        const std::string made = change(path == "-" ? terminal.input() : read_source(path), path);
        const std::string target = output.empty() ? path : finished_path(output);
        if (target == "-") terminal.out(made);
        else write_target(target, made);
    }
}

class WorkFile {
public:
    explicit WorkFile(const std::string& like) {
        std::string pattern = base::join_path(std::getenv("TMPDIR") ? std::getenv("TMPDIR") : "/tmp", "fprov-vault-XXXXXX");
        if (!::mkdtemp(pattern.data())) throw Failure(Kind::io, "cannot make a folder for the editor: " + std::string(std::strerror(errno)));
        folder_ = pattern;
        const std::string name = base::basename(like);
        const std::size_t dot = name.rfind('.');   // editors choose their mode by the ending
        path_ = base::join_path(folder_, "text" + (dot == std::string::npos ? std::string() : name.substr(dot)));
    }
    ~WorkFile() {
        shred(path_);
        for (const auto& name : base::list_directory(folder_)) shred(base::join_path(folder_, name));   // an editor's backups
        ::rmdir(folder_.c_str());
    }
    WorkFile(const WorkFile&) = delete;

    /// The text after the editor was closed.
    std::string edit(const std::string& before, const Terminal& terminal) {
        write_target(path_, before);
        const char* editor = std::getenv("EDITOR");
        auto words = base::shell_split(editor && *editor ? editor : "vi");
        if (!words || words->empty()) throw Failure(Kind::usage, "Unable to execute the command EDITOR: it has an unclosed quote");
        words->push_back(path_);
        const int code = terminal.edit(*words);
        if (code == 127) throw Failure(Kind::not_found, "Unable to execute the command " + base::join(*words, " ") + ": No such file or directory", {}, "set EDITOR to an editor that is installed");
        return read_source(path_);
    }

private:
    std::string folder_, path_;
};

std::string as_yaml(const std::string& envelope, const std::string& name) {
    std::string out = (name.empty() ? "" : name + ": ") + "!vault |";
    for (const auto& line : base::split_lines(envelope)) out += "\n          " + line;
    return out;
}

}  // namespace

Secret choose_secret(const Secrets& secrets, const std::string& wanted) {
    std::vector<std::string> labels;
    for (const auto& secret : secrets.all()) labels.push_back(secret.label);
    if (!wanted.empty()) {
        if (const Secret* found = secrets.labelled(wanted)) return *found;
        std::vector<std::string> quoted;
        for (const auto& label : labels) quoted.push_back("'" + label + "'");
        throw Failure(Kind::generic, "Did not find a match for --encrypt-vault-id=" + wanted + " in the known vault-ids [" + base::join(quoted, ", ") + "]");
    }
    if (secrets.empty()) throw Failure(Kind::usage, "A vault password is required to use Ansible's Vault", {}, "give one with --vault-password-file, --vault-id or --ask-vault-pass");
    if (labels.size() > 1)
        throw Failure(Kind::usage, "The vault-ids " + base::join(labels, ",") + " are available to encrypt. Specify the vault-id to encrypt with --encrypt-vault-id");
    return secrets.all()[0];
}

Secret ask_new_secret(const std::string& label, const Terminal& terminal) {
    const bool named = !label.empty() && label != "default";
    const std::string first = terminal.ask(named ? "New vault password (" + label + "): " : "New Vault password: ", true);
    const std::string second = terminal.ask(named ? "Confirm new vault password (" + label + "): " : "Confirm New Vault password: ", true);
    if (first != second) throw Failure(Kind::secret, "Passwords do not match");
    if (first.empty()) throw Failure(Kind::secret, "Invalid vault password was provided");
    return {label.empty() ? "default" : label, first};
}

void encrypt_files(const std::vector<std::string>& files, const std::string& output, const Secret& secret, const Terminal& terminal) {
    convert(files, output, terminal, "plaintext", [&secret](const std::string& text, const std::string&) {
        if (is_encrypted(text)) throw Failure(Kind::parse, "input is already encrypted");
        return encrypt(text, secret);
    });
    if (terminal.out_is_terminal) terminal.note("Encryption successful");
}

void decrypt_files(const std::vector<std::string>& files, const std::string& output, const Secrets& secrets, const Terminal& terminal) {
    convert(files, output, terminal, "ciphertext", [&secrets](const std::string& text, const std::string& path) {
        auto plain = decrypt(text, secrets);
        if (!plain) throw about(Failure(plain.error()), path, true);
        return std::move(*plain);
    });
    if (terminal.out_is_terminal) terminal.note("Decryption successful");
}

void view_files(const std::vector<std::string>& files, const Secrets& secrets, const Terminal& terminal) {
    for (const auto& file : files) {
        auto plain = decrypt(file == "-" ? terminal.input() : read_source(base::expand_user(file)), secrets);
        if (!plain) throw about(Failure(plain.error()), file, true);
        terminal.out(*plain);
        wipe(*plain);
    }
}

void rekey_files(const std::vector<std::string>& files, const Secrets& secrets, const Secret& fresh, const Terminal& terminal) {
    for (const auto& file : files) {
        const std::string path = finished_path(file);
        auto plain = decrypt(read_source(path), secrets);
        if (!plain) throw about(Failure(plain.error()), path, false);
        write_target(path, encrypt(*plain, fresh));
        wipe(*plain);
    }
    terminal.note("Rekey successful");
}

void create_file(const std::string& file, const Secret& secret, const Terminal& terminal) {
    const std::string path = finished_path(file);
    const std::string folder = base::dirname(path);
    if (!base::exists(folder)) {
        terminal.warn(base::dirname(file) + " does not exist, creating...");
        if (auto made = base::make_directories(folder); !made) throw Failure(made.error());
    }
    if (base::is_file(path)) throw Failure(Kind::conflict, file + " exists, please use 'edit' instead");
    WorkFile work(path);
    std::string text = work.edit("", terminal);
    write_target(path, encrypt(text, secret));
    wipe(text);
}

void edit_files(const std::vector<std::string>& files, const Secrets& secrets, const Terminal& terminal) {
    for (const auto& file : files) {
        const std::string path = base::real_path(finished_path(file));   // a link stays a link
        const std::string before = read_source(path);
        Opened opened;
        try {
            opened = open_text(before, secrets);
        } catch (const Failure& failure) {
            throw about(failure, path, false);
        }
        WorkFile work(path);
        std::string after = work.edit(opened.plain, terminal);
        if (after != opened.plain) write_target(path, encrypt(after, opened.secret));
        wipe(after);
        wipe(opened.plain);
        wipe(opened.secret.password);
    }
}

void encrypt_strings(const StringRequest& request, const Secret& secret, const Terminal& terminal) {
    struct Item { std::string text, name, origin; };
    std::vector<Item> items;
    if (request.prompt) {
        const std::string name = terminal.ask("Variable name (enter for no name): ", false);
        const std::string text = terminal.ask(request.show_input ? "String to encrypt: " : "String to encrypt (hidden): ", !request.show_input);
        if (text.empty()) throw Failure(Kind::usage, "The plaintext provided from the prompt was empty, not encrypting");
        items.push_back({text, name, "the interactive prompt"});
    }
    if (request.from_stdin) {
        if (terminal.input_is_terminal)
            terminal.note("Reading plaintext input from stdin. (ctrl-d to end input, twice if your content does not already have a newline)");
        std::string text = terminal.input();
        if (text.empty()) throw Failure(Kind::usage, "stdin was empty, not encrypting");
        items.push_back({std::move(text), request.stdin_name, "stdin"});
    }
    if (!request.names.empty() && request.names.size() != request.texts.size()) {
        terminal.note("The number of --name options do not match the number of args.");
        terminal.note("The last named variable will be \"" + request.names.back() + "\". The rest will not have names.");
    }
    for (std::size_t i = 0; i < request.texts.size(); ++i) {
        if (request.texts[i].empty()) throw Failure(Kind::usage, "The plaintext provided from the command line args was empty, not encrypting");
        items.push_back({request.texts[i], i < request.names.size() ? request.names[i] : "", "the command line args"});
    }
    std::vector<std::string> outputs;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (items.size() > 1)
            terminal.note(items[i].name.empty()
                              ? "# The encrypted version of the string #" + std::to_string(i + 1) + " from " + items[i].origin + ".)"
                              : "# The encrypted version of variable (\"" + items[i].name + "\", the string #" + std::to_string(i + 1) + " from " + items[i].origin + ").");
        outputs.push_back(as_yaml(encrypt(items[i].text, secret), items[i].name));
    }
    terminal.out(base::join(outputs, "\n") + (terminal.out_is_terminal ? "\n" : ""));
    if (terminal.out_is_terminal) terminal.note("Encryption successful");
}

}  // namespace fprov::vault
