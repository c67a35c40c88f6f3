// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

#include "machine/machine.hpp"

using namespace fprov;
using machine::WriteOptions;

namespace {

struct Folder {
    std::string path;
    Folder() {
        char name[] = "/tmp/fprov-machine-XXXXXX";
        path = ::mkdtemp(name);
    }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    std::string operator/(const char* name) const { return path + "/" + name; }
    std::size_t count() const { return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path), {})); }
};

}  // namespace

TEST_CASE("machine: a new file gets the umask's mode, an existing one keeps its own") {
    Folder folder;
    auto m = machine::real_machine();
    ::umask(027);
    REQUIRE(m->write_file(folder / "a", "x").ok());
    CHECK(m->stat(folder / "a")->mode == 0640);
    CHECK(m->umask() == 027);
    ::umask(022);
    REQUIRE(m->chmod(folder / "a", 0604).ok());
    REQUIRE(m->write_file(folder / "a", "y").ok());
    CHECK(m->stat(folder / "a")->mode == 0604);
    CHECK(*m->read_file(folder / "a") == "y");
    WriteOptions options;
    options.mode = 04750;
    REQUIRE(m->write_file(folder / "a", "z", options).ok());
    CHECK(m->stat(folder / "a")->mode == 04750);
    CHECK(folder.count() == 1);   // no temporary file stays
}

TEST_CASE("machine: a link is written through, or replaced") {
    Folder folder;
    auto m = machine::real_machine();
    REQUIRE(m->write_file(folder / "a", "x").ok());
    REQUIRE(m->symlink("a", folder / "l").ok());
    REQUIRE(m->write_file(folder / "l", "y").ok());
    CHECK(m->lstat(folder / "l")->is_link());
    CHECK(*m->read_file(folder / "a") == "y");
    WriteOptions options;
    options.follow = false;
    REQUIRE(m->write_file(folder / "l", "z", options).ok());
    CHECK(m->lstat(folder / "l")->is_file());
    CHECK(*m->read_file(folder / "a") == "y");
}

TEST_CASE("machine: a dead link's target is resolved and written") {
    Folder folder;
    auto m = machine::real_machine();
    REQUIRE(m->symlink("none", folder / "l").ok());
    CHECK(*m->real_path(folder / "l") == *m->real_path(folder.path) + "/none");
    REQUIRE(m->write_file(folder / "l", "y").ok());
    CHECK(*m->read_file(folder / "none") == "y");
}

TEST_CASE("machine: validation sees the new content and can refuse it") {
    Folder folder;
    auto m = machine::real_machine();
    REQUIRE(m->write_file(folder / "a", "old").ok());
    WriteOptions options;
    options.validate = "grep -q new %s";
    CHECK(m->write_file(folder / "a", "new", options).ok());
    auto refused = m->write_file(folder / "a", "bad", options);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().what == "failed to validate: rc:1 error:");
    CHECK(*m->read_file(folder / "a") == "new");
    CHECK(folder.count() == 1);
}

TEST_CASE("machine: errors name errno and path") {
    Folder folder;
    auto m = machine::real_machine();
    auto missing = m->read_file(folder / "none");
    REQUIRE_FALSE(missing.ok());
    CHECK(missing.error().kind == base::Kind::not_found);
    CHECK(missing.error().what == "[Errno 2] No such file or directory: '" + (folder / "none") + "'");
    auto folder_gone = m->write_file(folder / "x/y", "z");
    REQUIRE_FALSE(folder_gone.ok());
    CHECK(folder_gone.error().kind == base::Kind::not_found);
    CHECK_FALSE(m->write_file(folder.path, "z").ok());
}

TEST_CASE("machine: remove_tree stays inside") {
    Folder folder, other;
    auto m = machine::real_machine();
    REQUIRE(m->write_file(other / "keep", "x").ok());
    REQUIRE(m->make_directory(folder / "d", 0755).ok());
    REQUIRE(m->make_directory(folder / "d/e", 0755).ok());
    REQUIRE(m->symlink(other.path, folder / "d/e/l").ok());
    REQUIRE(m->write_file(folder / "d/f", "x").ok());
    CHECK(m->remove_tree(folder / "d").ok());
    CHECK_FALSE(m->lexists(folder / "d"));
    CHECK(m->exists(other / "keep"));
}

TEST_CASE("machine: symlink and hardlink replace what is there at once") {
    Folder folder;
    auto m = machine::real_machine();
    REQUIRE(m->write_file(folder / "a", "x").ok());
    REQUIRE(m->write_file(folder / "b", "y").ok());
    CHECK(m->symlink("a", folder / "b").ok());
    CHECK(*m->read_link(folder / "b") == "a");
    CHECK(m->hardlink(folder / "a", folder / "b").ok());
    CHECK(m->lstat(folder / "b")->links == 2);
    CHECK(folder.count() == 2);
}

TEST_CASE("machine: accounts come from the files, and are known to nobody otherwise") {
    auto m = machine::real_machine();
    auto root = m->user("root");
    REQUIRE(root);
    CHECK(root->uid == 0);
    CHECK(m->user_by_id(0)->name == "root");
    CHECK(m->group_by_id(0)->gid == 0);
    CHECK_FALSE(m->user("no-such-user-here"));
    CHECK_FALSE(m->user("0"));   // a number is no name
}

TEST_CASE("machine: the temporary folder is private and goes with the machine") {
    std::string path;
    {
        auto m = machine::real_machine();
        path = *m->temp_directory();
        CHECK(m->stat(path)->mode == 0700);
        auto file = m->temp_file("x");
        REQUIRE(file.ok());
        CHECK(m->stat(*file)->mode == 0600);
    }
    CHECK_FALSE(std::filesystem::exists(path));
}
