// SPDX-License-Identifier: Apache-2.0
// Modes as measured with ansible-core 2.14.
#include <doctest/doctest.h>

#include "modules/support/ownership.hpp"

using namespace fprov;
using modules::mode_text;
using modules::parse_mode;
using values::Value;

namespace {
std::string apply(unsigned start, bool folder, Value mode) {
    machine::Stat stat;
    stat.kind = folder ? machine::Kind::directory : machine::Kind::file;
    stat.mode = start;
    return mode_text(parse_mode(mode, stat, 022));
}
}  // namespace

TEST_CASE("mode: numbers, also those that YAML has read as decimal") {
    CHECK(apply(0644, false, "0640") == "0640");
    CHECK(apply(0644, false, "640") == "0640");
    CHECK(apply(0644, false, "0o640") == "0640");
    CHECK(apply(0644, false, 420) == "0644");
    CHECK(apply(0644, false, 644) == "01204");
    CHECK(apply(0644, false, "4755") == "04755");
    CHECK(apply(0644, false, "17777") == "07777");
}

TEST_CASE("mode: symbols") {
    CHECK(apply(0644, false, "u=rwx,g=rx,o=") == "0750");
    CHECK(apply(0644, false, "a+X") == "0644");
    CHECK(apply(0744, false, "a+X") == "0755");
    CHECK(apply(0644, true, "u=rwX,g=rX,o=") == "0750");
    CHECK(apply(0644, false, "g=u") == "0664");
    CHECK(apply(0644, false, "g=u-w,o=") == "0640");
    CHECK(apply(0644, false, "u+s,g+s") == "06644");
    CHECK(apply(0755, true, "+t") == "01755");
    CHECK(apply(0755, true, "u+t") == "0755");
    CHECK(apply(0644, false, "+x") == "0755");
    CHECK(apply(0644, false, "u+rw-x") == "0644");
    CHECK(apply(0644, false, "go=") == "0600");
    CHECK(apply(02070, false, "g=u,o=g") == "0007");   // copies look at the mode before
    CHECK(apply(0644, false, "") == "0644");
}

TEST_CASE("mode: what is none fails with Ansible's sentence") {
    for (const char* text : {"abc", "u+q", "888", "99999", "x=r"}) {
        INFO(text);
        try {
            apply(0644, false, text);
            FAIL("no failure");
        } catch (modules::ModuleFailure& failed) {
            CHECK(failed.outcome.msg == "mode must be in octal or symbolic form");
            CHECK(failed.outcome.fields.find("details")->string() == std::string("bad symbolic permission for mode: ") + text);
        }
    }
}
