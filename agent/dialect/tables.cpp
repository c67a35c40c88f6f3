// SPDX-License-Identifier: Apache-2.0
#include "dialect/tables.hpp"

namespace fprov::dialect {

const std::vector<Table<jinja::Filter>>& filter_tables() {
    static const std::vector<Table<jinja::Filter>> tables{
        {"ansible.builtin", filters::paths()},
        {"ansible.builtin", filters::regexes()},
        {"ansible.builtin", filters::encodings()},
        {"ansible.builtin", filters::sets()},
        {"ansible.builtin", filters::combines()},
        {"ansible.builtin", filters::maths()},
        {"ansible.builtin", filters::times()},
        {"ansible.builtin", filters::serials()},
        {"ansible.builtin", filters::randoms()},
        {"ansible.builtin", filters::urls()},
        {"ansible.builtin", filters::plain()},
        {"community.general", filters::general()},
        {"community.general", filters::random_general()},
        {"community.general", filters::time_general()},
        {"community.general", filters::queries()},
        {"ansible.utils", filters::networks()},
        {"ansible.netcommon", filters::networks()},
    };
    return tables;
}

const std::vector<Table<jinja::Test>>& test_tables() {
    static const std::vector<Table<jinja::Test>> tables{
        {"ansible.builtin", tests::results()},
        {"ansible.builtin", tests::texts()},
        {"ansible.builtin", tests::files()},
        {"ansible.builtin", tests::sets()},
    };
    return tables;
}

}  // namespace fprov::dialect
