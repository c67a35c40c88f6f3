// SPDX-License-Identifier: Apache-2.0
// Python modules of an Ansible that is installed on the controller, packed for a host that has a Python: the module and the module_utils that it
// imports, found by reading its import statements.
#pragma once
#include <string>
#include <vector>

#include "base/result.hpp"
#include "values/value.hpp"

namespace fprov::actions {

struct PythonModule {
    std::string name;      // dotted: ansible.modules.ping, ansible_collections.community.general.plugins.modules.xml
    values::Map files;     // path below the folder of packages → content
};

/// `path`: the module's file; `packages`: folders that hold ansible/ and ansible_collections/. An error says what is missing.
base::Result<PythonModule> pack_python_module(const std::string& path, const std::vector<std::string>& packages);

}  // namespace fprov::actions
