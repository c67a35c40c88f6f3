// SPDX-License-Identifier: Apache-2.0
// Runs a fuzz target without libFuzzer: every file of the corpus, then simple mutations of them, the same for the same seed.
// usage: FPROV_FUZZ_TARGET=NAME fuzz FOLDER|FILE... [--rounds N] [--seconds S] [--seed N] [--keep FOLDER]; ends with "1 passed, 0 failed"
// --seconds bounds the mutations. An input that crashes or takes longer than twenty seconds is left in FOLDER/crash-NAME.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "base/files.hpp"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr std::size_t longest = 4096;       // of a mutated input
constexpr unsigned slow = 20;               // seconds
std::string current, crash_path;

void keep() {
    int file = ::open(crash_path.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0644);
    if (file < 0) return;
    [[maybe_unused]] auto written = ::write(file, current.data(), current.size());
    ::close(file);
    std::fprintf(stderr, "FAILED: the input is in %s\n", crash_path.c_str());
}
void on_signal(int number) {
    keep();
    if (number == SIGALRM) std::fprintf(stderr, "FAILED: slower than %u s\n", slow);
    ::signal(number == SIGALRM ? SIGABRT : number, SIG_DFL);
    ::raise(number == SIGALRM ? SIGABRT : number);
}

void run(std::string input) {
    current = std::move(input);
    ::alarm(slow);
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(current.data()), current.size());
    ::alarm(0);
}

void collect(const std::string& path, std::vector<std::string>& corpus) {
    if (fprov::base::is_directory(path)) {
        auto names = fprov::base::list_directory(path);
        std::sort(names.begin(), names.end());
        for (const auto& name : names) collect(path + "/" + name, corpus);
    } else if (auto text = fprov::base::read_file(path)) {
        corpus.push_back(std::move(*text));
    }
}

class Mutator {
public:
    Mutator(const std::vector<std::string>& corpus, unsigned seed) : corpus_(corpus), random_(seed) {}

    std::string next() {
        std::string text = any();
        for (std::size_t changes = 1 + number(4); changes > 0; --changes) change(text);
        if (text.size() > longest) text.resize(longest);
        return text;
    }

private:
    std::size_t number(std::size_t below) { return below ? random_() % below : 0; }
    const std::string& any() { return corpus_[number(corpus_.size())]; }
    std::string piece(const std::string& text) {
        if (text.empty()) return {};
        std::size_t begin = number(text.size());
        return text.substr(begin, 1 + number(std::min<std::size_t>(text.size() - begin, 40)));
    }
    void change(std::string& text) {
        static constexpr const char* words[] = {"{{", "}}", "{%", "%}", "(", ")", "[", "]", "{", "}", "'", "\"", "\\", "\n", " ", ":", "- ", "&a ", "*a", "<<: ", "|", ".", ",", "0", "-1", "99999999999999999999", "1e999",
                                                "\xff", "\xc3", "\xf0\x9f\x98\x80", "\x80", "~", "!", "#", "$", "=", ":children]", "[0:9]", "%s", "none", "not ", "is ", "if ", "for x in ", "end", "(?P<a>", "*", "+", "{1,9}"};
        std::size_t at = number(text.size() + 1);
        switch (number(7)) {
            case 0: if (!text.empty()) text[number(text.size())] ^= static_cast<char>(1u << number(8)); break;
            case 1: if (!text.empty()) text[number(text.size())] = static_cast<char>(number(256)); break;
            case 2: text.erase(std::min(at, text.size()), 1 + number(8)); break;
            case 3: text.insert(at, words[number(std::size(words))]); break;
            case 4: text.insert(at, piece(any())); break;
            case 5: text.insert(at, piece(text)); break;
            case 6: { std::string part = piece(text), many; for (std::size_t i = number(20); i > 0; --i) many += part; text.insert(at, many); break; }
        }
    }
    const std::vector<std::string>& corpus_;
    std::mt19937 random_;
};

}  // namespace

int main(int argc, char** argv) {
    using Clock = std::chrono::steady_clock;
    std::vector<std::string> corpus;
    long rounds = 0, seconds = 600;
    unsigned seed = 1;
    std::string keep_in = ".";
    for (int i = 1; i < argc; ++i) {
        if (i + 1 < argc && std::strcmp(argv[i], "--rounds") == 0) rounds = std::atol(argv[++i]);
        else if (i + 1 < argc && std::strcmp(argv[i], "--seconds") == 0) seconds = std::atol(argv[++i]);
        else if (i + 1 < argc && std::strcmp(argv[i], "--seed") == 0) seed = static_cast<unsigned>(std::atol(argv[++i]));
        else if (i + 1 < argc && std::strcmp(argv[i], "--keep") == 0) keep_in = argv[++i];
        else collect(argv[i], corpus);
    }
    const char* name = std::getenv("FPROV_FUZZ_TARGET");
    crash_path = keep_in + "/crash-" + (name ? name : "");
    for (int number : {SIGALRM, SIGABRT, SIGSEGV}) ::signal(number, on_signal);
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_set_death_callback(keep);
#endif
    if (corpus.empty()) { std::fputs("FAILED: the corpus is empty\n", stderr); return 1; }
    for (const auto& input : corpus) run(input);
    auto end = Clock::now() + std::chrono::seconds(seconds);
    Mutator mutator(corpus, seed);
    long done = 0;
    while (done < rounds && Clock::now() < end) { run(mutator.next()); ++done; }
    std::printf("%s: %zu inputs, %ld mutations\n1 passed, 0 failed\n", name ? name : "", corpus.size(), done);
    return 0;
}
