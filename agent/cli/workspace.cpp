// SPDX-License-Identifier: Apache-2.0
#include "cli/workspace.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "actions/action.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "cli/installation.hpp"
#include "cli/problems.hpp"
#include "cli/terminal.hpp"
#include "dialect/scope.hpp"
#include "values/python.hpp"
#include "values/yaml.hpp"

namespace fprov::cli {
namespace {

bool is_set(const char* name) {
    const char* value = std::getenv(name);
    return value && *value;
}

// A password file, or the output of a program.
std::string read_password_file(const std::string& path) {
    auto text = vault::read_secret_source(path, "default", [](const std::string& prompt) { return ask(prompt, false); });
    return text.value();
}

}  // namespace

bool wants_colour(const Config& config) {
    if (config.flag("ANSIBLE_NOCOLOR")) return false;
    if (config.flag("ANSIBLE_FORCE_COLOR") || (is_set("FORCE_COLOR") && std::string_view(std::getenv("FORCE_COLOR")) != "0") || (is_set("CLICOLOR_FORCE") && std::string_view(std::getenv("CLICOLOR_FORCE")) != "0")) return true;
    const char* term = std::getenv("TERM");
    return stdout_is_terminal() && !(term && std::string_view(term) == "dumb");
}

Workspace::Workspace(Config given_config, Flags given_flags, WorkspaceOptions given) : config(std::move(given_config)), flags(std::move(given_flags)), options(std::move(given)) {
    make_screen();
}
Workspace::~Workspace() = default;

void Workspace::make_screen() {
    auto& report = report_settings;
    report.verbosity = flags.verbosity + config.integer("DEFAULT_VERBOSITY");
    report.diff_context = config.integer("DIFF_CONTEXT", 3);
    report.show_skipped = config.flag("DISPLAY_SKIPPED_HOSTS");
    report.show_ok = config.flag("DISPLAY_OK_HOSTS");
    report.failed_to_stderr = config.flag("DISPLAY_FAILED_STDERR");
    report.check_markers = config.flag("CHECK_MODE_MARKERS");
    report.show_custom_stats = config.flag("SHOW_CUSTOM_STATS");
    report.show_path_on_failure = config.flag("SHOW_TASK_PATH_ON_FAILURE");
    report.show_warnings = config.flag("ACTION_WARNINGS");
    report.show_arguments = config.flag("DISPLAY_ARGS_TO_STDOUT");
    report.result_format = config.text("CALLBACK_RESULT_FORMAT", "json");
    if (Value pretty = config.value("CALLBACK_FORMAT_PRETTY"); pretty.is_string() && !pretty.string().empty())
        report.pretty_results = spec::coerce(pretty, spec::Type::boolean).bool_or(true);
    report.tree_directory = config.text("CALLBACK_TREE_DIR", "~/.ansible/tree");
    report.log_directory = config.text("LOG_PLAYS_FOLDER");
    report.event_file = config.text("EVENTS_FILE");
    report.junit_directory = config.text("JUNIT_OUTPUT_DIR");
    report.adhoc = options.adhoc;
    reporters::ScreenOptions screen_options;
    screen_options.colour = wants_colour(config);
    static constexpr std::pair<const char*, reporters::Colour> colours[] = {
        {"COLOR_CHANGED", reporters::Colour::changed}, {"COLOR_DEBUG", reporters::Colour::debug}, {"COLOR_DEPRECATE", reporters::Colour::deprecate}, {"COLOR_DIFF_ADD", reporters::Colour::diff_add},
        {"COLOR_DIFF_LINES", reporters::Colour::diff_lines}, {"COLOR_DIFF_REMOVE", reporters::Colour::diff_remove}, {"COLOR_ERROR", reporters::Colour::error}, {"COLOR_HIGHLIGHT", reporters::Colour::highlight},
        {"COLOR_OK", reporters::Colour::ok}, {"COLOR_SKIP", reporters::Colour::skip}, {"COLOR_UNREACHABLE", reporters::Colour::unreachable}, {"COLOR_VERBOSE", reporters::Colour::verbose}, {"COLOR_WARN", reporters::Colour::warn}};
    for (auto [setting, colour] : colours)
        if (config.origin(setting) != "default")
            if (std::string code = reporters::colour_code(config.text(setting)); !code.empty()) screen_options.codes[colour] = code;
    screen_options.terminal = stdout_is_terminal();
    screen_options.columns = terminal_columns();
    screen_options.log_path = !flags.log_file.empty() ? flags.log_file : config.text("DEFAULT_LOG_PATH", options.default_log);
    screen_options.log_name = options.program;
    std::string output = !flags.output.empty() ? flags.output : options.adhoc ? options.default_output : config.text("DEFAULT_STDOUT_CALLBACK", options.default_output);
    const auto* kind = reporters::find(output);
    if (!kind || kind->role != reporters::Role::output) {
        std::vector<std::string> names;
        for (const auto& row : reporters::table()) if (row.role == reporters::Role::output) names.emplace_back(row.name);
        throw base::Failure(base::Kind::generic, "Could not load '" + output + "' callback plugin as the stdout callback", {}, "there are: " + base::join(names, ", "));
    }
    options.default_output = output;
    screen_options.mute_output = kind->machine;
    screen = std::make_unique<reporters::Screen>(screen_options);
    if (report.verbosity > 0) {
        std::string used = config.file().empty() ? "No config file found; using defaults" : "Using " + config.file() + " as config file";
        screen->say(used, reporters::Colour::verbose, config.flag("VERBOSE_TO_STDERR"));
    }
}

void Workspace::load_secrets() {
    auto all = std::make_shared<vault::Secrets>();
    auto add = [&](const std::string& label, const std::string& source) {
        auto question = [&](const std::string&) {
            std::string password = ask(label == "default" ? "Vault password: " : "Vault password (" + label + "): ", false);
            if (password.empty()) throw base::Failure(base::Kind::secret, "the vault password is empty");
            return password;
        };
        auto password = vault::read_secret_source(source, label, question);
        if (!password) throw base::Failure(password.error());
        screen->add_secret(*password);
        all->add({label, *password});
    };
    auto ids = config.list("DEFAULT_VAULT_IDENTITY_LIST");
    ids.insert(ids.end(), flags.vault_ids.begin(), flags.vault_ids.end());
    std::string standard = config.text("DEFAULT_VAULT_IDENTITY", "default");
    auto files = flags.vault_password_files;
    bool ask_password = flags.ask_vault_pass || (config.flag("DEFAULT_ASK_VAULT_PASS") && files.empty() && ids.empty());
    if (std::string file = config.text("DEFAULT_VAULT_PASSWORD_FILE"); !file.empty() && files.empty() && !ask_password) files.push_back(file);
    for (const auto& id : ids) {
        auto at = id.find('@');
        if (at == std::string::npos) add(standard, id);
        else add(id.substr(0, at).empty() ? standard : id.substr(0, at), id.substr(at + 1));
    }
    for (const auto& file : files) add(standard, file);
    if (ask_password) add(standard, "prompt");
    all->only_matching = config.flag("DEFAULT_VAULT_ID_MATCH");
    secrets = all;
}

Value Workspace::vault_scalar(std::string text, base::Place place) const {
    return Value(std::shared_ptr<values::Object>(std::make_shared<vault::EncryptedText>(std::move(text), secrets, place)));
}

std::optional<std::string> Workspace::decrypt_file(const std::string& text, const std::string& path) const {
    if (!vault::is_encrypted(text)) return std::nullopt;
    auto plain = vault::decrypt(text, *secrets);
    if (!plain) {
        base::Error error = plain.error();
        if (error.what.find(path) == std::string::npos && !secrets->empty()) error.what += " on " + base::absolute_path(path);
        throw base::Failure(std::move(error));
    }
    return *plain;
}

inventory::LoadOptions Workspace::inventory_options() {
    inventory::LoadOptions loading;
    loading.sources = sources;
    loading.vault = [this](std::string text, base::Place place) { return vault_scalar(std::move(text), place); };
    loading.decrypt = [this](std::string text, const std::string& path) { return decrypt_file(text, path); };
    loading.unparsed_is_failed = config.flag("INVENTORY_UNPARSED_IS_FAILED");
    loading.any_unparsed_is_failed = config.flag("INVENTORY_ANY_UNPARSED_IS_FAILED");
    if (config.origin("INVENTORY_IGNORE_EXTS") != "default") loading.ignored_endings = config.list("INVENTORY_IGNORE_EXTS");
    loading.duplicate_keys = config.text("DUPLICATE_YAML_DICT_KEY", "warn");
    loading.ignored_patterns = config.list("INVENTORY_IGNORE_PATTERNS");
    loading.transform_invalid_group_chars = config.text("TRANSFORM_INVALID_GROUP_CHARS", "never");
    loading.render = [this](const std::string& text, const Map& vars) {
        dialect::VariableScope scope(*templar_, vars);
        return templar_->render(Value(text, values::Trust::template_ok), scope);
    };
    loading.cached_facts = [this](const std::string& host) {
        auto cache = fact_cache();
        return cache ? cache->load(host).value_or(Map{}) : Map{};
    };
    loading.extra_vars = [this] { return extra_vars; };
    loading.use_extra_vars = config.flag("INVENTORY_USE_EXTRA_VARS");
    return loading;
}

void Workspace::make_templar() {
    if (templar_) return;
    dialect::Options templates;
    templates.jinja2_native = config.flag("DEFAULT_JINJA2_NATIVE");
    std::string extensions = config.text("DEFAULT_JINJA2_EXTENSIONS");
    templates.do_statement = extensions.find("jinja2.ext.do") != std::string::npos;
    templates.loop_controls = extensions.find("jinja2.ext.loopcontrols") != std::string::npos;
    templates.error_on_undefined = config.flag("DEFAULT_UNDEFINED_VAR_BEHAVIOR");
    templates.base_dir = options.playbook_directory.empty() ? base::absolute_path(".") : options.playbook_directory;
    templates.secrets = secrets;
    templates.hooks.warn = [this](const std::string& text) { screen->warning(text); };
    templates.hooks.hosts = [this](const std::string& pattern) { return inventory_ ? inventory_->match(pattern) : std::vector<std::string>{}; };
    templates.hooks.config = [this](const std::string& name) -> std::optional<Value> {
        if (!find_setting(name)) return std::nullopt;
        return config.value(name);
    };
    templates.hooks.plugin_folders = [this](const std::string& name) {
        std::vector<dialect::PluginFolder> folders;
        if (loader_) for (auto& [kind, path, prefix] : loader_->plugin_folders(name)) folders.push_back({kind, path, prefix});
        for (auto [kind, setting] : {std::pair("filter", "DEFAULT_FILTER_PLUGIN_PATH"), {"lookup", "DEFAULT_LOOKUP_PLUGIN_PATH"}, {"test", "DEFAULT_TEST_PLUGIN_PATH"}})
            for (const auto& path : config.list(setting)) folders.push_back({kind, base::expand_user(path)});
        return folders;
    };
    templates.hooks.python_path = [this] { return loader_ ? loader_->python_path() : std::vector<std::string>{}; };
    templar_ = std::make_unique<dialect::Templar>(std::move(templates));
}

void Workspace::read_extra_vars() {
    for (std::size_t i = 0; i < flags.extra_vars.size(); ++i) {
        std::string text(base::trim(flags.extra_vars[i]));
        if (text.empty()) continue;
        Map more;
        if (text[0] == '@') {
            std::string path = base::expand_user(text.substr(1));
            auto content = base::read_file(path);
            if (!content) throw base::Failure(base::Kind::not_found, "the extra variables file " + path + " cannot be read: " + content.error().what);
            if (auto plain = decrypt_file(*content, path)) *content = *plain;
            values::YamlOptions yaml;
            yaml.vault = [this](std::string scalar, base::Place place) { return vault_scalar(std::move(scalar), place); };
            Value value = values::read_data(*content, base::add_source(path, *content), yaml);
            if (!value.is_map() && !value.is_none())
                throw base::Failure(base::Kind::generic, "Invalid extra vars data supplied. '" + text + "' could not be made into a dictionary");
            if (value.is_map()) more = value.map();
        } else if (text[0] == '/' || text[0] == '.') {
            throw base::Failure(base::Kind::generic, "Please prepend extra_vars filename '" + text + "' with '@'");
        } else {
            auto source = base::add_source("-e option " + std::to_string(i + 1), text);
            if (text[0] == '{' || text[0] == '[') {
                Value value = values::read_data(text, source);
                if (!value.is_map()) throw base::Failure(base::Kind::generic, "Invalid extra vars data supplied. '" + text + "' could not be made into a dictionary");
                more = value.map();
            } else {
                more = playbook::parse_key_values(text, false, base::Place{source, 1, 1});
            }
        }
        for (const auto& [key, value] : more) extra_vars.set(Value(key), value);
    }
}

inventory::Inventory Workspace::read_inventory() {
    std::vector<std::string> warnings;
    inventory::Inventory read = inventory::load(inventory_options(), warnings);
    bool nothing = read.host_names().empty();
    std::string mismatch = config.text("HOST_PATTERN_MISMATCH", "warning");
    read.mismatch = mismatch == "error" ? inventory::Mismatch::error : mismatch == "ignore" ? inventory::Mismatch::ignore : inventory::Mismatch::warning;
    bool say_unparsed = config.flag("INVENTORY_UNPARSED_WARNING");
    for (const auto& warning : warnings)
        if (say_unparsed || !warning.starts_with("No inventory was parsed")) screen->warning(warning);
    if (nothing && !options.localhost_meant && config.flag("LOCALHOST_WARNING"))
        screen->warning("provided hosts list is empty, only localhost is available. Note that the implicit localhost does not match 'all'");
    return read;
}

std::optional<variables::FactCache> Workspace::fact_cache() {
    std::string plugin = config.text("CACHE_PLUGIN", "memory");
    if (auto dot = plugin.rfind('.'); dot != std::string::npos) plugin.erase(0, dot + 1);
    if (plugin == "memory") return std::nullopt;
    if (plugin != "jsonfile")
        throw base::Failure(base::Kind::not_found, "Unable to load the facts cache plugin (" + plugin + ").", {}, "fact_caching can be memory or jsonfile");
    variables::FactCache cache{config.text("CACHE_PLUGIN_CONNECTION"), config.origin("CACHE_PLUGIN_PREFIX") == "default" ? "" : config.text("CACHE_PLUGIN_PREFIX"), config.integer("CACHE_PLUGIN_TIMEOUT", 86400)};
    if (cache.folder.empty())
        throw base::Failure(base::Kind::not_found, "error, 'jsonfile' cache plugin requires the 'fact_caching_connection' config option to be set (to a writeable directory path)");
    cache.folder = base::expand_user(cache.folder);
    return cache;
}

void Workspace::load_inventory() {
    if (!secrets) load_secrets();
    // The default source may be missing without a word; one that somebody named may not.
    if (!flags.inventory.empty()) sources = flags.inventory;
    else if (config.origin("DEFAULT_HOST_LIST") != "default") sources = config.list("DEFAULT_HOST_LIST");
    make_templar();
    read_extra_vars();
    inventory_ = std::make_unique<inventory::Inventory>(read_inventory());
    variables::StoreOptions store_options;
    store_options.loading = inventory_options();
    store_options.inject_facts = config.flag("INJECT_FACTS_AS_VARS");
    store_options.merge_hashes = config.text("DEFAULT_HASH_BEHAVIOUR") == "merge";
    store_options.cache = fact_cache();
    store_ = std::make_unique<variables::Store>(*inventory_, std::move(store_options), extra_vars);
    if (flags.flush_cache)
        for (const auto& host : inventory_->match("all", nullptr)) store_->forget_facts(host);
}

std::vector<std::string> Workspace::roles_path() const {
    std::vector<std::string> paths = config.list("DEFAULT_ROLES_PATH");
    paths.insert(paths.end(), options.own_roles.begin(), options.own_roles.end());
    return paths;
}

// Where an installed Ansible would be; nothing of it is needed but by tasks with modules that fprov does not have.
std::vector<std::string> python_packages(const std::vector<std::string>& collections) {
    std::vector<std::string> candidates, found;
    for (const auto& path : collections) {
        std::string folder = base::expand_user(path);
        candidates.push_back(base::basename(folder) == "ansible_collections" ? base::dirname(folder) : folder);
    }
    if (const char* path = std::getenv("PYTHONPATH")) for (const auto& folder : base::split(path, ':')) candidates.push_back(folder);
    std::vector<std::string> prefixes{"/usr/local/lib", "/usr/lib", base::expand_user("~/.local/lib")};
    if (const char* environment = std::getenv("VIRTUAL_ENV")) prefixes.insert(prefixes.begin(), base::join_path(environment, "lib"));
    for (const auto& prefix : prefixes)
        for (const auto& name : base::list_directory(prefix))
            if (name.starts_with("python3"))
                for (const char* kind : {"site-packages", "dist-packages"}) candidates.push_back(base::join_path(base::join_path(prefix, name), kind));
    for (const auto& folder : candidates)
        if (base::is_directory(base::join_path(folder, "ansible/module_utils")) || base::is_directory(base::join_path(folder, "ansible_collections"))) found.push_back(folder);
    return found;
}

void Workspace::make_loader() {
    if (loader_) return;
    playbook::LoadOptions loading;
    loading.roles_path = roles_path();
    loading.duplicate_keys = config.text("DUPLICATE_YAML_DICT_KEY", "warn");
    loading.library_path = flags.module_path.empty() ? config.list("DEFAULT_MODULE_PATH") : base::split(flags.module_path, ':');
    loading.python_path = [this] {
        std::vector<std::string> collections = config.list("COLLECTIONS_PATHS");
        for (auto book = given_books_.rbegin(); book != given_books_.rend(); ++book)
            collections.insert(collections.begin(), base::join_path(base::dirname(base::absolute_path(*book)), "collections"));
        return python_packages(collections);
    };
    loading.resolve_action = [](const std::string& name) { return actions::resolve(name); };
    loading.action_names = [] { return actions::names(); };
    loading.has_lookup = [this](const std::string& name) { return templar_->has_lookup(name); };
    loading.is_free_form = [](const std::string& name) { return actions::is_free_form(name); };
    loading.vault = [this](std::string text, base::Place place) { return vault_scalar(std::move(text), place); };
    loading.decrypt = [this](const std::string& text, const std::string& path) { return decrypt_file(text, path); };
    loading.render_static = [this](const Value& value, const playbook::Play& play, const Map& vars) {
        Map known = play.vars;
        for (const auto& [key, each] : vars) known.set(Value(key), each);
        for (const auto& [key, each] : extra_vars) known.set(Value(key), each);
        if (!play.directory.empty()) known.set("playbook_dir", Value(play.directory));
        dialect::VariableScope scope(*templar_, known);
        return templar_->render(value, scope);
    };
    loading.warnings = &loader_warnings_;
    loader_ = std::make_unique<playbook::Loader>(std::move(loading));
}

void Workspace::load_playbooks(const std::vector<std::string>& paths) {
    make_templar();
    make_loader();
    given_books_ = paths;
    for (const auto& path : paths) {
        if (base::is_directory(path) || !base::exists(path))
            throw base::Failure(base::Kind::not_found, base::exists(path) ? "the playbook: " + path + " does not appear to be a file" : "the playbook: " + path + " could not be found");
        books.push_back(loader_->load(path));
        if (auto collection = playbook::collection_of_playbook(path); !collection.empty()) screen->warning("running playbook inside collection " + collection);
        book_names.push_back(path);
    }
    for (const auto& warning : loader_warnings_) screen->warning(warning);
    loader_warnings_.clear();
    if (!loader_->errors().empty()) throw Mistakes{loader_->errors()};
}

std::vector<std::string> Workspace::limited(const std::vector<std::string>& hosts) {
    if (flags.limit.empty()) return hosts;
    std::vector<std::string> warnings;
    auto rest = inventory_->limited(hosts, base::join(flags.limit, ","), &warnings);
    for (const auto& warning : warnings) screen->warning(warning);
    return rest;
}

void Workspace::check_limit() {
    if (flags.limit.empty()) return;
    auto hosts = inventory_->host_names();
    if (limited(hosts).empty() && limited({"localhost"}).empty())
        throw base::Failure(base::Kind::generic, "Specified inventory, host pattern and/or --limit leaves us with no hosts to target.");
}

void Workspace::read_passwords(executor::Options& run) {
    std::string file = !flags.connection_password_file.empty() ? flags.connection_password_file : config.text("CONNECTION_PASSWORD_FILE");
    bool ask_pass = flags.ask_pass || config.flag("DEFAULT_ASK_PASS");
    if (ask_pass) run.connection_password = ask("SSH password: ", false);
    else if (!file.empty()) run.connection_password = read_password_file(file);
    file = !flags.become_password_file.empty() ? flags.become_password_file : config.text("BECOME_PASSWORD_FILE");
    if (flags.ask_become_pass || config.flag("DEFAULT_BECOME_ASK_PASS")) {
        run.become_password = ask(ask_pass ? "BECOME password[defaults to SSH password]: " : "BECOME password: ", false);
        if (run.become_password->empty() && ask_pass) run.become_password = run.connection_password;
    } else if (!file.empty()) {
        run.become_password = read_password_file(file);
    }
    for (const auto& secret : {run.connection_password, run.become_password})
        if (secret) screen->add_secret(*secret);
}

executor::Options Workspace::run_options() {
    executor::Options run;
    run.check = flags.check;
    run.diff = flags.diff || config.flag("DIFF_ALWAYS");
    run.verbosity = report_settings.verbosity;
    run.forks = flags.forks ? *flags.forks : config.origin("DEFAULT_FORKS") == "default" ? 0 : config.integer("DEFAULT_FORKS");
    run.limit = base::join(flags.limit, ",");
    auto tags = split_list(flags.tags.empty() ? config.list("TAGS_RUN") : flags.tags);
    run.tags = tags.empty() ? std::vector<std::string>{"all"} : tags;
    run.skip_tags = split_list(flags.skip_tags.empty() ? config.list("TAGS_SKIP") : flags.skip_tags);
    run.start_at_task = flags.start_at_task;
    run.show_arguments = config.flag("DISPLAY_ARGS_TO_STDOUT");
    run.show_starts = config.flag("SHOW_PER_HOST_START");
    run.step = flags.step;
    run.force_handlers = flags.force_handlers || config.flag("DEFAULT_FORCE_HANDLERS");
    run.remote_user = !flags.user.empty() ? flags.user : config.text("DEFAULT_REMOTE_USER");
    run.connection = !flags.connection.empty() ? flags.connection : config.text("DEFAULT_TRANSPORT");
    std::vector<std::string> arguments;
    for (const auto& part : {config.text("SSH_ARGS"), !flags.ssh_common_args.empty() ? flags.ssh_common_args : config.text("SSH_COMMON_ARGS"),
                             !flags.ssh_extra_args.empty() ? flags.ssh_extra_args : config.text("SSH_EXTRA_ARGS")})
        if (!part.empty()) arguments.push_back(part);
    run.ssh_arguments = base::join(arguments, " ");
    run.private_key_files = flags.private_keys;
    if (run.private_key_files.empty())
        if (std::string key = config.text("DEFAULT_PRIVATE_KEY_FILE"); !key.empty()) run.private_key_files = {key};
    run.become = flags.become || config.flag("DEFAULT_BECOME");
    run.become_method = !flags.become_method.empty() ? flags.become_method : config.text("DEFAULT_BECOME_METHOD");
    run.become_user = !flags.become_user.empty() ? flags.become_user : config.text("DEFAULT_BECOME_USER");
    run.become_exe = config.text("DEFAULT_BECOME_EXE");
    run.become_flags = config.text("DEFAULT_BECOME_FLAGS");
    run.shell = config.text("DEFAULT_EXECUTABLE", "/bin/sh");
    run.fact_path = config.text("DEFAULT_FACT_PATH");
    run.timeout = flags.timeout.value_or(config.integer("DEFAULT_TIMEOUT", 10));
    run.host_key_checking = config.flag("HOST_KEY_CHECKING");
    if (config.origin("DEFAULT_REMOTE_TMP") != "default") run.remote_tmp = config.text("DEFAULT_REMOTE_TMP");
    run.remote_port = config.integer("DEFAULT_REMOTE_PORT");
    run.gathering = config.text("DEFAULT_GATHERING", "implicit");
    run.gather_subset = config.list("DEFAULT_GATHER_SUBSET");
    run.gather_timeout = config.integer("DEFAULT_GATHER_TIMEOUT", 10);
    run.any_errors_fatal = config.flag("ANY_ERRORS_FATAL");
    run.error_on_missing_handler = config.flag("ERROR_ON_MISSING_HANDLER");
    run.jinja2_native = config.flag("DEFAULT_JINJA2_NATIVE");
    run.no_log = config.flag("DEFAULT_NO_LOG");
    run.task_timeout = flags.task_timeout.value_or(config.integer("TASK_TIMEOUT"));
    run.strategy = config.text("DEFAULT_STRATEGY", "linear");
    run.lookahead = config.integer("LOOKAHEAD", 64);
    run.config_file = config.file();
    for (const auto& source : sources) run.inventory_sources.push_back(source.find(',') != std::string::npos ? source : base::absolute_path(source));
    run.config = config.all();
    read_passwords(run);
    return run;
}

int Workspace::run() {
    auto run_settings = run_options();
    reporters::Fan fan;
    const auto* kind = reporters::find(options.default_output);
    fan.add(kind->make(*screen, report_settings));
    if (!report_settings.event_file.empty()) fan.add(reporters::make_event_file(*screen, report_settings));
    std::vector<std::string> extra = options.extra_reporters;
    if (!options.adhoc || config.flag("DEFAULT_LOAD_CALLBACK_PLUGINS")) for (const auto& name : split_list(config.list("CALLBACKS_ENABLED"))) extra.push_back(name);
    for (const auto& name : extra) {
        const auto* other = reporters::find(name);
        if (other && other->role == reporters::Role::extra) fan.add(other->make(*screen, report_settings));
        else if (!other) screen->warning("Skipping callback plugin '" + name + "', unable to load");
    }
    keys_ = std::make_unique<HostKeys>(*screen, stdin_is_terminal() && run_settings.host_key_checking);
    executor::Run run(run_settings, *inventory_, *store_, *loader_, *templar_, secrets, fan, keys_.get());
    run.questions.terminal = stdin_is_terminal();
    run.questions.ask = [this](const std::string& prompt, bool echo) { screen->progress(""); return ask(prompt, echo); };
    run.questions.pause = [this](const std::string& prompt, bool echo, double seconds, bool& interrupted) {
        screen->progress("");
        return ask_pause(prompt, echo, seconds, interrupted);
    };
    run.inventory_loader = [this] { return read_inventory(); };
    catch_signals();
    int code = run.play_all(books, book_names);
    if (config.flag("RETRY_FILES_ENABLED") && !options.adhoc) write_retry_file(run);
    return code;
}

// The hosts that failed, for --limit @FILE.
void Workspace::write_retry_file(const executor::Run& run) {
    std::set<std::string> hosts = run.failed;
    hosts.insert(run.unreachable.begin(), run.unreachable.end());
    if (hosts.empty() || book_names.empty()) return;
    std::string name = base::basename(book_names.back()), folder = config.text("RETRY_FILES_SAVE_PATH");
    if (auto dot = name.rfind('.'); dot != std::string::npos && dot > 0) name.resize(dot);
    if (folder.empty()) folder = base::dirname(base::absolute_path(book_names.back()));
    std::string path = base::join_path(base::expand_user(folder), name + ".retry"), text;
    for (const auto& host : hosts) text += host + "\n";
    (void)base::make_directories(base::dirname(path));
    if (auto written = base::write_file_atomic(path, text); !written) screen->warning("Could not create retry file '" + path + "'. " + written.error().what);
    else screen->say("\tto retry, use: --limit @" + path);
}

}  // namespace fprov::cli
