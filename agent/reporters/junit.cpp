// SPDX-License-Identifier: Apache-2.0
// JUnit XML: one file per playbook, one test case per task and host, for build servers.
#include <fmt/format.h>
#include <sys/time.h>

#include <cstdlib>

#include "base/files.hpp"
#include "base/text.hpp"
#include "reporters/results.hpp"

namespace fprov::reporters {
namespace {

std::string escaped(std::string_view text) {
    std::string out;
    for (char c : text) {
        auto byte = static_cast<unsigned char>(c);
        if (c == '&') out += "&amp;";
        else if (c == '<') out += "&lt;";
        else if (c == '>') out += "&gt;";
        else if (c == '"') out += "&quot;";
        else if (byte >= 0x20 || c == '\n' || c == '\t') out += c;   // XML 1.0 knows no other control characters
    }
    return out;
}

class Junit : public Reporter {
public:
    using Reporter::Reporter;

protected:
    void playbook(const events::PlaybookBegan& e) override {
        write();
        path_ = e.path;
    }
    void play(const events::PlayBegan& e) override { play_ = e.name; }
    void finished(const events::HostFinished& e) override {
        using events::Status;
        Case one;
        one.name = "[" + e.host + "] " + play_ + ": " + e.task.name;
        one.place = base::absolute_path(e.task.path);
        one.seconds = e.seconds;
        Settings plain;
        plain.pretty_results = true;
        Map shown = cleaned(e.result, {});
        one.text = dumped(shown, {}, plain, 4);
        if (const Value* msg = e.result.find("msg")) one.message = msg->text_or("");
        if (e.status == Status::skipped) {
            one.kind = Kind::skipped;
            if (const Value* reason = e.result.find("skip_reason")) one.message = reason->text_or("");
        } else if ((e.status == Status::failed || e.status == Status::unreachable) && !e.ignored) {
            one.kind = e.status == Status::failed ? Kind::failure : Kind::error;
            if (one.message.empty()) one.message = e.status == Status::failed ? "failed" : "unreachable";
        }
        cases_.push_back(std::move(one));
    }
    void end(const events::RunEnded&) override { write(); }

private:
    enum class Kind : std::uint8_t { good, skipped, failure, error };
    struct Case { std::string name, place, text, message; double seconds = 0; Kind kind = Kind::good; };

    void write() {
        if (cases_.empty()) return;
        double seconds = 0;
        int failures = 0, errors = 0, skipped = 0;
        std::string body;
        for (const Case& one : cases_) {
            seconds += one.seconds;
            failures += one.kind == Kind::failure;
            errors += one.kind == Kind::error;
            skipped += one.kind == Kind::skipped;
            body += fmt::format("\t\t<testcase classname=\"{}\" name=\"{}\" time=\"{}\">\n", escaped(one.place), escaped(one.name), one.seconds);
            if (one.kind == Kind::good) body += "\t\t\t<system-out>" + escaped(one.text) + "</system-out>\n";
            else if (one.kind == Kind::skipped) body += "\t\t\t<skipped>" + escaped(one.message) + "</skipped>\n";
            else {
                const char* tag = one.kind == Kind::failure ? "failure" : "error";
                body += fmt::format("\t\t\t<{0} message=\"{1}\" type=\"{0}\">{2}</{0}>\n", tag, escaped(one.message), escaped(one.text));
            }
            body += "\t\t</testcase>\n";
        }
        std::string name = base::basename(path_.empty() ? "fprov" : path_);
        if (auto dot = name.rfind('.'); dot != std::string::npos && dot) name.resize(dot);
        std::string counts = fmt::format("disabled=\"0\" errors=\"{}\" failures=\"{}\"", errors, failures);
        std::string text = "<?xml version=\"1.0\" ?>\n" + fmt::format("<testsuites {} tests=\"{}\" time=\"{}\">\n", counts, cases_.size(), seconds) +
                           fmt::format("\t<testsuite {} name=\"{}\" skipped=\"{}\" tests=\"{}\" time=\"{}\">\n", counts, escaped(name), skipped, cases_.size(), seconds) + body +
                           "\t</testsuite>\n</testsuites>\n";
        cases_.clear();
        timeval now{};
        ::gettimeofday(&now, nullptr);
        std::string folder = base::expand_user(settings_.junit_directory);
        auto done = base::make_directories(folder);
        if (done) done = base::write_file_atomic(base::join_path(folder, fmt::format("{}-{}.{:06}.xml", name, now.tv_sec, now.tv_usec)), text);
        if (!done) screen_.warning("junit: cannot write into " + folder + ": " + done.error().what);
    }
    std::string path_, play_;
    std::vector<Case> cases_;
};

}  // namespace

std::unique_ptr<Reporter> make_junit(Screen& screen, const Settings& settings) { return std::make_unique<Junit>(screen, settings); }

}  // namespace fprov::reporters
