// SPDX-License-Identifier: Apache-2.0
// fprov-agent: runs modules for a controller that speaks on stdin and stdout.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "base/files.hpp"
#include "runtime/async.hpp"
#include "runtime/identity.hpp"
#include "runtime/serve.hpp"

namespace {

// Users find their services with `ps | grep` and end them with `kill`: paths in our command line must not look like one.
void hide_arguments(int argc, char** argv) {
    char* begin = argv[0];
    char* end = argv[argc - 1] + std::strlen(argv[argc - 1]);
    std::memset(begin, 0, static_cast<std::size_t>(end - begin));
    std::strncpy(begin, "fprov-agent", static_cast<std::size_t>(end - begin));
    ::prctl(PR_SET_NAME, "fprov-agent");
}

constexpr const char* usage =
    "usage: fprov-agent [DIRECTORY]   speak frames on stdin and stdout (see docs/wire.md); started by fprov\n"
    "       fprov-agent --hash        print the SHA-256 of this program\n"
    "       fprov-agent --version\n";

}  // namespace

int main(int argc, char** argv) {
    using namespace fprov::runtime;
    ::signal(SIGPIPE, SIG_IGN);
    std::string first = argc > 1 ? argv[1] : "";
    if (first == "--hash") { std::puts(own_hash().c_str()); return 0; }
    if (first == "--version") { std::puts("fprov-agent " FPROV_VERSION); return 0; }
    if (first.starts_with("--") && first != "--job") { std::fputs(usage, stderr); return 2; }
    if (argc > 0) hide_arguments(argc, argv);
    if (first == "--job") return run_job();

    ::signal(SIGHUP, SIG_IGN);    // the end of the stream says it better
    ::signal(SIGINT, SIG_IGN);
    ::signal(SIGCHLD, SIG_DFL);   // inherited SIG_IGN would hide how workers end
    Identity identity = identify(first);
    if (::chdir(identity.directory.c_str()) != 0 && ::chdir(identity.home.c_str()) != 0 && ::chdir("/") != 0) return 1;
    ::unsetenv("OLDPWD");   // of the script that started us
    ::setenv("PWD", identity.directory.c_str(), 1);
    sweep_old(identity);
    // Lying under a hash that is not its own, this program was damaged on the disk. It says so and does nothing else.
    if (auto name = fprov::base::basename(identity.program); name.size() == 64 && name != identity.hash) {
        refuse(1, "the agent that lies on the host is damaged: its hash is not the one in its name");
        return 1;
    }
    Server server(0, 1, std::move(identity));
    return server.run();
}
