// SPDX-License-Identifier: Apache-2.0
// Runs modules on this machine, one JSON request a line ({module, args, check, diff}) and one result a line: what modules_oracle.py
// compares with Ansible. `_fprov_content_file` stands in for the controller: it is handed over when the module asks for content.
#include <iostream>
#include <string>

#include "machine/machine.hpp"
#include "modules/module.hpp"
#include "values/json.hpp"

int main() {
    using namespace fprov;
    auto machine = machine::real_machine();
    std::string line;
    while (std::getline(std::cin, line)) {
        auto request = values::read_json(line);
        values::Value result;
        if (!request) result = values::Map{{"failed", true}, {"msg", request.error().what}};
        else {
            auto name = request->find("module")->text_or("");
            const auto* module = modules::find(name);
            if (!module) result = values::Map{{"failed", true}, {"msg", "no module " + name}};
            else if (const auto* check = request->find("check"); check && check->truthy() && module->check_mode == modules::CheckMode::none)
                result = values::Map{{"changed", false}, {"skipped", true}, {"msg", "remote module (" + name + ") does not support check mode"}};   // the caller's part
            else {
                auto flag = [&](const char* key) { const auto* value = request->find(key); return value && value->truthy(); };
                modules::Context context{*machine, flag("check"), flag("diff"), {}, name, 0, {}};
                auto given = request->find("args")->map();
                std::string content_file;
                if (const auto* file = given.find("_fprov_content_file")) { content_file = file->text_or(""); given.erase("_fprov_content_file"); }
                auto outcome = modules::run_module(*module, given, context);
                bool asked = outcome.need_content;
                if (asked && !content_file.empty()) {
                    auto copy = machine->temp_file("content");
                    (void)machine->write_file(*copy, machine->read_file(content_file).value_or(""));
                    given.set("_fprov_source", *copy);
                    if (const auto* missing = outcome.fields.find("_fprov_missing")) given.set("_fprov_missing", values::Value(*missing));
                    outcome = modules::run_module(*module, given, context);
                }
                result = modules::to_value(outcome);
                if (asked) result.mutable_map().set("_asked_for_content", true);
            }
        }
        std::cout << values::write_json(result) << std::endl;
    }
}
