// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/files.hpp"
#include "base/text.hpp"
#include "modules/module.hpp"
#include "modules/support/accounts.hpp"
#include "modules/support/mysql.hpp"

namespace fprov::modules {
extern const Module mysql_db_module;
namespace {

using spec::Type;

constexpr Arg args[] = {
    {.name = "name", .type = Type::list, .help = "Databases; all of them (`all`) with dump and import only", .required = true, .aliases = "db", .elements = Type::text},
    {.name = "state", .help = "Whether they exist; dump writes them to target, import reads target", .fallback = "present", .choices = "absent|dump|import|present"},
    {.name = "collation", .help = "Collation of a new database", .fallback = ""},
    {.name = "encoding", .help = "Character set of a new database", .fallback = ""},
    {.name = "target", .type = Type::path, .help = "File to dump to or import from; .gz, .bz2 and .xz are packed"},
    {.name = "single_transaction", .type = Type::boolean, .help = "Dump in one transaction", .fallback = "no"},
    {.name = "quick", .type = Type::boolean, .help = "Dump row by row", .fallback = "yes"},
    {.name = "ignore_tables", .type = Type::list, .help = "Tables to leave out of a dump, as database.table", .fallback = "[]", .elements = Type::text},
    {.name = "hex_blob", .type = Type::boolean, .help = "Dump binary columns as hexadecimal digits", .fallback = "no"},
    {.name = "force", .type = Type::boolean, .help = "Go on after an error of a dump or import", .fallback = "no"},
    {.name = "master_data", .type = Type::integer, .help = "Put the position of the binary log into a dump: as a statement (1) or a comment (2)", .fallback = "0", .choices = "0|1|2"},
    {.name = "skip_lock_tables", .type = Type::boolean, .help = "Do not lock tables for a dump", .fallback = "no"},
    {.name = "dump_extra_args", .help = "Further options for mysqldump"},
    {.name = "use_shell", .type = Type::boolean, .help = "Accepted; packed files go through a shell pipe anyway", .fallback = "no"},
    {.name = "unsafe_login_password", .type = Type::boolean, .help = "Accepted; passwords never stand in a command", .fallback = "no"},
    {.name = "restrict_config_file", .type = Type::boolean, .help = "Accepted; only config_file is read", .fallback = "no"},
    {.name = "check_implicit_admin", .type = Type::boolean, .help = "Try root without a password first", .fallback = "no"},
    {.name = "config_overrides_defaults", .type = Type::boolean, .help = "Whether config_file wins over the defaults of the login arguments", .fallback = "no"},
    {.name = "chdir", .type = Type::path, .help = "Folder to change into for dump and import"},
    {.name = "pipefail", .type = Type::boolean, .help = "Fail when any program of a packing pipe fails", .fallback = "no"},
    FPROV_MYSQL_LOGIN_ARGS,
};

struct Packer { std::string_view ending; const char* pack; const char* unpack; };
constexpr Packer packers[] = {{".gz", "gzip", "gunzip"}, {".bz2", "bzip2", "bunzip2"}, {".xz", "xz", "unxz"}, {".zst", "zstd", "unzstd"}};
const Packer* packer_of(const std::string& path) {
    for (const auto& packer : packers)
        if (path.ends_with(packer.ending)) return &packer;
    return nullptr;
}

class DatabaseTask {
public:
    DatabaseTask(const Args& args, Context& context) : args_(args), context_(context), state_(args.text("state")), target_(args.text("target")) {
        for (const auto& name : args.texts("name"))
            if (const std::string clean(base::trim(name)); !clean.empty()) names_.push_back(clean);
    }

    Outcome run() {
        const bool file = state_ == "dump" || state_ == "import";
        if (file && target_.empty()) fail("with state=" + state_ + " target is required");
        const bool all = std::find(names_.begin(), names_.end(), "all") != names_.end();
        if (all && !file) fail("name is not allowed to equal 'all' unless state equals import, or dump.");
        if (all && names_.size() > 1) fail("When 'name' is 'all', no other databases may be named.");
        if (state_ == "import" && names_.size() > 1) fail("Multiple databases are not supported with state=import");
        if (state_ == "import" && !context_.machine.exists(base::join_path(args_.text("chdir"), target_))) fail("target " + target_ + " does not exist on the host");
        if (names_.empty()) return std::move(out_.set("db", List{}).set("db_list", List{}));
        server_.emplace(args_, context_, true);

        std::vector<std::string> there, missing;
        if (!all) {
            std::vector<std::string> quoted;
            for (const auto& name : names_) quoted.push_back(Mysql::quote(name));
            const auto reply = server_->must("SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA WHERE SCHEMA_NAME IN (" + base::join(quoted, ", ") + ")", "error looking for databases: ");
            for (const auto& name : names_) {
                bool found = false;
                for (std::size_t i = 0; i < reply.rows.size(); ++i) found = found || reply.text(i, "name") == name;
                (found ? there : missing).push_back(name);
            }
        }
        out_.set("db", base::join(names_, " ")).set("db_list", Value::strings(names_));
        if (state_ == "present") each(missing, "error creating database: ", [&](const std::string& name) { return create(name); });
        else if (state_ == "absent") each(there, "error deleting database: ", [&](const std::string& name) { return "DROP DATABASE " + Mysql::identifier(name); });
        else if (state_ == "dump") {
            if (!missing.empty()) fail("Cannot dump database(s) " + quoted(missing) + " - not found");
            dump(all);
        } else import(all, !all && !missing.empty());
        return out_;
    }

private:
    static std::string quoted(const std::vector<std::string>& names) {
        std::vector<std::string> out;
        for (const auto& name : names) out.push_back("'" + name + "'");
        return base::join(out, ", ");
    }

    std::string create(const std::string& name) const {
        auto text = "CREATE DATABASE " + Mysql::identifier(name);
        if (!args_.text("encoding").empty()) text += " CHARACTER SET " + Mysql::quote(args_.text("encoding"));
        if (!args_.text("collation").empty()) text += " COLLATE " + Mysql::quote(args_.text("collation"));
        return text;
    }

    template <class Statement>
    void each(const std::vector<std::string>& names, const char* sentence, Statement statement) {
        out_.changed = !names.empty();
        if (context_.check) {
            if (names.empty() && state_ == "absent") out_.set("executed_commands", List{});
            return;
        }
        List executed;
        for (const auto& name : names) {
            const auto text = statement(name);
            server_->must(text, sentence);
            executed.emplace_back(text);
        }
        out_.set("executed_commands", std::move(executed));
    }

    /// Runs argv with its output or input bound to the target; packed files through a pipe.
    void transfer(const std::vector<std::string>& argv, bool out) {
        std::vector<std::string> words;
        for (const auto& word : argv) words.push_back(base::shell_quote(word));
        auto text = base::join(words, " ");
        if (out && args_.given("dump_extra_args")) text += " " + args_.text("dump_extra_args");
        const auto target = base::shell_quote(target_);
        const auto* packer = packer_of(target_);
        std::string line = out ? (packer ? text + " | " + packer->pack + " > " + target : text + " > " + target)
                               : (packer ? std::string(packer->unpack) + " -c " + target + " | " + text : text + " < " + target);
        machine::Command command;
        const bool bash = context_.machine.exists("/bin/bash");
        command.argv = {bash ? "/bin/bash" : "/bin/sh", "-c", bash && packer ? "set -o pipefail; " + line : line};
        command.directory = args_.text("chdir");
        auto done = context_.run(command);
        if (!done) fail(done.error());
        if (done->code != 0) fail(done->error_output.empty() ? line + " ended with code " + std::to_string(done->code) : done->error_output, Map{{"rc", done->code}});
        auto shown = base::replace_all(line, "--defaults-file=" + server_->option_file(), "--defaults-file=********");
        List executed;
        if (const Value* before = out_.fields.find("executed_commands")) executed = before->list();
        executed.emplace_back(shown);
        out_.set("executed_commands", std::move(executed)).set("msg", done->output);
    }

    void dump(bool all) {
        out_.changed = true;
        if (context_.check) return;
        std::string program;
        for (const char* name : {"mysqldump", "mariadb-dump"})
            if (program.empty())
                if (auto found = context_.machine.which(name, path_folders())) program = *found;
        if (program.empty()) program = required_program(context_, "mysqldump");
        std::vector<std::string> argv{program, "--defaults-file=" + server_->option_file()};
        if (args_.flag("force")) argv.push_back("--force");
        if (all) argv.push_back("--all-databases");
        else {
            if (names_.size() > 1) argv.push_back("--databases");   // one alone can be imported under another name
            argv.insert(argv.end(), names_.begin(), names_.end());
        }
        for (const auto& [key, option] : {std::pair{"skip_lock_tables", "--skip-lock-tables"}, std::pair{"single_transaction", "--single-transaction=true"},
                                          std::pair{"quick", "--quick"}, std::pair{"hex_blob", "--hex-blob"}})
            if (args_.flag(key)) argv.emplace_back(option);
        for (const auto& table : args_.texts("ignore_tables")) argv.push_back("--ignore-table=" + table);
        if (args_.integer("master_data") > 0) argv.push_back("--master-data=" + std::to_string(args_.integer("master_data")));
        transfer(argv, true);
    }

    void import(bool all, bool missing) {
        out_.changed = true;
        if (context_.check) return;
        if (missing) {
            const auto text = create(names_[0]);
            server_->must(text, "error creating database: ");
            out_.set("executed_commands", List{text});
        }
        std::string program;
        for (const char* name : {"mysql", "mariadb"})
            if (program.empty())
                if (auto found = context_.machine.which(name, path_folders())) program = *found;
        std::vector<std::string> argv{program, "--defaults-file=" + server_->option_file()};
        if (args_.flag("force")) argv.push_back("--force");
        if (!all) argv.insert(argv.end(), {"--one-database", names_[0]});
        transfer(argv, false);
    }

    std::vector<std::string> path_folders() const {
        auto path = context_.environment.find("PATH");
        return path == context_.environment.end() ? std::vector<std::string>{} : base::split(path->second, ':');
    }

    const Args& args_;
    Context& context_;
    std::string state_, target_;
    std::vector<std::string> names_;
    std::optional<Mysql> server_;
    Outcome out_;
};

}  // namespace

const Module mysql_db_module{
    .name = "mysql_db", .collection = "community.mysql", .summary = "Create, drop, dump and import databases", .args = args, .rules = {},
    .check_mode = CheckMode::full, .file_common = false, .free_form = false, .lookahead = true,
    .run = [](const Args& args, Context& context) { return DatabaseTask(args, context).run(); },
    .notes = "Through the client programs of the host (mysql, mysqldump or their MariaDB names).",
    .returns = "db: names with spaces between | always\ndb_list: names | always\nexecuted_commands: statements and commands | when not in check mode\nmsg: what the program wrote | dump and import",
    .example = "- mysql_db:\n    name: eggroll_meta\n    encoding: utf8mb4\n    login_unix_socket: /data/mysql/run/mysql.sock\n    login_user: root\n"};

}  // namespace fprov::modules
