// SPDX-License-Identifier: Apache-2.0
// modprobe: a kernel module now, and after a reboot.
#include <algorithm>

#include "base/text.hpp"
#include "modules/support/accounts.hpp"
#include "modules/support/edit.hpp"

namespace fprov::modules {
extern const Module modprobe_module;
namespace {

constexpr Arg args[] = {
    {.name = "name", .help = "The module", .required = true},
    {.name = "state", .help = "Loaded or not", .fallback = "present", .choices = "absent|present"},
    {.name = "params", .help = "Its parameters", .fallback = "''"},
    {.name = "persistent", .help = "Load it at every start (present), no longer (absent), or leave that alone", .fallback = "disabled", .choices = "disabled|absent|present"},
};
constexpr const char* load_folder = "/etc/modules-load.d";
constexpr const char* options_folder = "/etc/modprobe.d";

bool loaded(machine::Machine& machine, const std::string& name) {
    auto modules = machine.read_file("/proc/modules", 4 << 20);
    if (!modules) fail(modules.error().what, Map{{"name", Value(name)}});
    const std::string kernel_name = base::replace_all(name, "-", "_");
    for (const auto& line : base::split_lines(*modules))
        if (line.starts_with(kernel_name + " ")) return true;
    for (const auto& line : base::split_lines(machine.read_file("/lib/modules/" + machine.system_name().release + "/modules.builtin").value_or("")))
        if (line.ends_with("/" + name + ".ko")) return true;
    return false;
}

/// What stands in all files of a folder about this module.
class Settings {
public:
    Settings(Context& context, std::string folder, const std::string& name, bool options)
        : context_(context), folder_(std::move(folder)), own_(folder_ + "/" + name + ".conf"), first_(options ? "options " + name + " " : name), options_(options) {
        auto names = context.machine.list(folder_);
        if (!names) return;
        for (const auto& file : *names)
            if (auto text = context.machine.read_file(folder_ + "/" + file))
                for (const auto& line : keep_lines(*text))
                    if (ours(line)) { files_.push_back(folder_ + "/" + file); found_.push_back(std::string(base::trim(line)).substr(first_.size())); }
    }
    bool any() const { return !found_.empty(); }
    /// Exactly these parameters, on whatever lines of whatever files.
    bool has(const std::string& rest) const { return words(rest) == words(base::join(found_, " ")); }
    /// In the file that has the module's name: Ansible writes that anew, here what else stands in it stays.
    void write(const std::string& rest) {
        auto lines = keep_lines(current_text(context_, own_));
        std::erase_if(lines, [&](const std::string& line) { return ours(line); });
        if (!lines.empty() && !lines.back().ends_with('\n')) lines.back() += '\n';
        lines.push_back(first_ + rest + "\n");
        put(own_, join_lines(lines));
    }
    void comment_out(bool own) {
        for (const auto& file : files_) {
            if (file == own_ && !own) continue;
            auto lines = keep_lines(context_.machine.read_file(file).value());
            for (auto& line : lines) if (ours(line)) line = "#" + line;
            put(file, join_lines(lines));
        }
    }

private:
    static std::vector<std::string> words(const std::string& text) {
        auto all = base::shell_split(text).value_or(std::vector{text});
        std::sort(all.begin(), all.end());
        return all;
    }
    bool ours(std::string_view line) const {
        line = base::trim(line);
        return options_ ? line.starts_with(first_) : line == first_;
    }
    void put(const std::string& file, const std::string& text) {
        if (!context_.machine.is_directory(folder_)) (void)context_.machine.make_directory(folder_, 0755);
        if (auto written = context_.machine.write_file(file, text); !written) fail(written.error());
    }
    Context& context_;
    std::string folder_, own_, first_;
    bool options_;
    std::vector<std::string> files_, found_;
};

Outcome run(const Args& args, Context& context) {
    const std::string name = args.text("name"), params = args.text("params"), persistent = args.text("persistent");
    const bool present = args.text("state") == "present";
    Outcome out;
    out.set("name", name).set("params", params).set("state", args.text("state"));
    const auto words = base::shell_split(params);
    if (!words) fail("params has an unclosed quote: " + params, std::move(out.fields));
    if (loaded(context.machine, name) != present) {
        out.changed = true;
        if (!context.check) {
            std::vector<std::string> argv{required_program(context, "modprobe")};
            if (!present) argv.emplace_back("-r");
            argv.push_back(name);
            if (present) argv.insert(argv.end(), words->begin(), words->end());
            auto ran = run_program(context, argv);
            if (ran.code != 0) {
                out.changed = false;
                out.set("rc", ran.code).set("stdout", ran.output).set("stderr", ran.error_output);
                fail(ran.error_output, std::move(out.fields));
            }
        }
    }
    if (persistent != "disabled") {
        Settings load(context, load_folder, name, false), options(context, options_folder, name, true);
        const bool keep = persistent == "present";
        const bool load_differs = keep != load.any(), options_differ = keep ? !params.empty() && !options.has(params) : options.any();
        out.changed = out.changed || load_differs || options_differ;
        if (!context.check) {
            if (load_differs) { if (keep) load.write(""); else load.comment_out(true); }
            if (options_differ) {
                options.comment_out(!keep);
                if (keep) options.write(params);
            }
        }
    }
    return out;
}

}  // namespace

const Module modprobe_module{
    .name = "modprobe", .collection = "community.general", .summary = "Load a kernel module, or unload it", .args = args, .rules = {},
    .check_mode = CheckMode::full, .file_common = false, .free_form = false, .lookahead = true, .run = run, .notes = "",
    .returns = "name, params, state: as asked for | always\nrc, stdout, stderr: of modprobe | when it failed", .example = "- modprobe: {name: br_netfilter, persistent: present}\n"};

}  // namespace fprov::modules
