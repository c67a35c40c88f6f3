// SPDX-License-Identifier: Apache-2.0
// async_status: what became of a task in the background (runtime/async.cpp writes the job files).
#include "base/files.hpp"
#include "modules/module.hpp"
#include "modules/support/expand.hpp"
#include "values/json.hpp"

namespace fprov::modules {
namespace {

constexpr Arg args[] = {
    {.name = "jid", .help = "The job: ansible_job_id of the task that started it", .required = true},
    {.name = "mode", .help = "Ask for the job, or remove what is kept of it", .fallback = "status", .choices = "status|cleanup"},
    {.name = "_async_dir", .type = spec::Type::path, .help = "Folder of the job files, ~/.ansible_async otherwise"},
};

Outcome run(const Args& args, Context& context) {
    std::string folder = args.text("_async_dir");
    if (folder.empty())
        if (auto set = context.environment.find("ANSIBLE_ASYNC_DIR"); set != context.environment.end()) folder = set->second;
    if (folder.empty()) folder = "~/.ansible_async";
    const std::string job = args.text("jid"), file = base::join_path(expand(context.machine, context.environment, folder), job);
    const bool cleanup = args.text("mode") == "cleanup";
    Outcome out;
    out.set("ansible_job_id", job).set("stdout", "").set("stderr", "");
    out.set(cleanup ? "erased" : "results_file", file);
    if (job.find('/') != std::string::npos || !context.machine.exists(file)) {
        out.set("started", 1).set("finished", 1);
        fail("could not find job", out.fields);
    }
    if (cleanup) {
        (void)context.machine.remove_file(file);
        out.set("started", 0).set("finished", 0);
        return out;
    }
    const auto text = context.machine.read_file(file);
    auto read = text ? values::read_json(*text) : base::Result<Value>(text.error());
    out.set("started", 1).set("finished", 0);
    if (!read || !read->is_map()) {
        if (text && text->empty()) return out;   // about to be written
        out.set("finished", 1);
        fail("Could not parse job output: " + (text ? *text : text.error().what), out.fields);
    }
    for (const auto& [key, value] : read->map()) {
        const auto name = key.text_or("");
        if (name == "changed") out.changed = value.truthy();
        else if (name == "failed") out.failed = value.truthy();
        else if (name == "skipped") out.skipped = value.truthy();
        else if (name == "msg") out.set("msg", value);
        else if (name == "ansible_facts" && value.is_map()) out.facts = value.map();
        else if (name == "diff") { if (value.is_list()) out.diff = value.list(); else out.diff.push_back(value); }
        else if (name == "warnings" && value.is_list()) { for (const auto& line : value.list()) out.warnings.push_back(line.text_or("")); }
        else out.fields.set(name, value);
    }
    return out;
}

}  // namespace

extern const Module async_status_module{
    .name = "async_status", .collection = "ansible.builtin", .summary = "Ask what became of a task in the background", .args = args, .rules = {},
    .check_mode = CheckMode::none, .file_common = false, .free_form = false, .lookahead = false, .run = run, .notes = "",
    .returns = "ansible_job_id: the job | always\nstarted: whether it was started | always\nfinished: whether it is done | always\n"
               "results_file: where its result is kept | status\nerased: what was removed | cleanup\nand the result of the task itself | finished",
    .example = "- async_status:\n    jid: \"{{ job.ansible_job_id }}\"\n  register: result\n  until: result.finished\n  retries: 30\n",
    .unasked_diff = UnaskedDiff::all};

}  // namespace fprov::modules
