// SPDX-License-Identifier: Apache-2.0
// get_url: a file from the web.
#include <algorithm>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "modules/support/backup.hpp"
#include "modules/support/http.hpp"
#include "modules/support/ownership.hpp"

namespace fprov::modules {
namespace {

constexpr Arg args[] = {
    {.name = "url", .help = "The address", .required = true},
    {.name = "dest", .type = spec::Type::path, .help = "The file; in a folder it gets the address' name", .required = true},
    {.name = "checksum", .help = "<algorithm>:<digest>, or <algorithm>:<address of a list of digests>", .fallback = "''"},
    {.name = "force", .type = spec::Type::boolean, .help = "Fetch although the file is there", .fallback = "no", .aliases = "thirsty"},
    {.name = "backup", .type = spec::Type::boolean, .help = "Keep the old file beside the new one", .fallback = "no"},
    {.name = "headers", .type = spec::Type::dict, .help = "Headers of the request"},
    {.name = "timeout", .type = spec::Type::integer, .help = "Seconds without an answer", .fallback = "10"},
    {.name = "tmp_dest", .type = spec::Type::path, .help = "Folder for the file while it comes in"},
    {.name = "url_username", .help = "Login", .aliases = "username"},
    {.name = "url_password", .help = "Its password", .aliases = "password", .secret = true},
    {.name = "force_basic_auth", .type = spec::Type::boolean, .help = "Send the login with the first request", .fallback = "no"},
    {.name = "validate_certs", .type = spec::Type::boolean, .help = "Check certificates", .fallback = "yes"},
    {.name = "client_cert", .type = spec::Type::path, .help = "Own certificate"},
    {.name = "client_key", .type = spec::Type::path, .help = "Key of the own certificate"},
    {.name = "http_agent", .help = "User-Agent", .fallback = "ansible-httpget"},
    {.name = "use_proxy", .type = spec::Type::boolean, .help = "Obey http_proxy and the like", .fallback = "yes"},
    {.name = "unredirected_headers", .type = spec::Type::list, .help = "Headers that do not follow redirections", .fallback = "[]", .elements = spec::Type::text},
    {.name = "decompress", .type = spec::Type::boolean, .help = "Unpack an answer that the server has packed with gzip", .fallback = "yes"},
    {.name = "ciphers", .type = spec::Type::list, .help = "Has no effect here", .elements = spec::Type::text},
    {.name = "use_netrc", .type = spec::Type::boolean, .help = "Without a user of the task, take the one that ~/.netrc has for the host", .fallback = "yes"},
    {.name = "use_gssapi", .type = spec::Type::boolean, .help = "Not supported", .fallback = "no"},
};

class Download {
public:
    Download(const Args& args, Context& context) : args_(args), context_(context), machine_(context.machine), dest_(args.text("dest")) {}

    Outcome run() {
        double start = machine_.monotonic();
        base_ = Map{{"checksum_dest", Value()}, {"checksum_src", Value()}, {"dest", dest_}, {"url", args_["url"]}};
        read_checksum();
        FileWishes wishes = file_wishes(args_);
        Outcome outcome;
        // In a folder the answer decides how the file is called: what is there tells nothing before.
        bool into_folder = machine_.is_directory(dest_), exists = machine_.is_file(dest_);
        if (exists && !digest_.empty() && !args_.flag("force")) {
            if (digest_of(dest_) == digest_) {
                outcome.changed = apply_wishes(context_, dest_, wishes);
                outcome.fields = base_;
                outcome.set("msg", outcome.changed ? "file already exists but file attributes changed" : "file already exists");
                outcome.set("elapsed", elapsed(start));
                return outcome;
            }
        }
        HttpRequest request = http_request(args_);
        request.follow = HttpRequest::Follow::all;
        request.folder = args_.text("tmp_dest");
        if (!request.folder.empty() && !machine_.is_directory(request.folder))
            fail(request.folder + (machine_.exists(request.folder) ? " is a file but should be a directory." : " directory does not exist."), Map{{"elapsed", elapsed(start)}});
        if (context_.check) request.method = "HEAD";
        if (exists && !args_.flag("force") && digest_.empty())
            if (auto stat = machine_.stat(dest_)) request.headers.emplace_back("If-Modified-Since", http_date(stat->mtime));
        auto response = http_fetch(context_, request);
        if (response.status == 304 || context_.check) (void)machine_.remove_file(response.body_file);
        if (response.status == 304) {
            outcome.fields = Map{{"url", args_["url"]}, {"dest", dest_}, {"status_code", 304}, {"elapsed", elapsed(start)}};
            outcome.set("msg", response.message());
            return outcome;
        }
        if (response.status < 200 || response.status > 299) refuse(args_.text("url"), response, elapsed(start));
        if (into_folder) {
            std::string name = response.file_name();
            dest_ = base::join_path(dest_, name.empty() ? url_file_name(response.url) : name);
        }
        base_.set("dest", dest_);
        outcome.fields = base_;
        outcome.set("msg", response.message()).set("elapsed", elapsed(start));
        if (context_.check) {
            // a HEAD tells nothing of the content: without a known digest a file that is there counts as current only by its time
            outcome.changed = true;
            outcome.set("checksum_src", base::sha1_hex("")).set("src", response.body_file);
            if (auto old = machine_.digest_file(dest_, "sha1")) outcome.set("checksum_dest", *old);
            return outcome;
        }
        std::string fresh = machine_.digest_file(response.body_file, "sha1").value(), old;
        outcome.set("checksum_src", fresh).set("src", response.body_file);
        base_ = outcome.fields;
        outcome.set("status_code", request.url.starts_with("file:") ? Value() : Value(response.status));
        std::string folder = base::dirname(dest_);
        if (!machine_.lexists(dest_) && !machine_.exists(folder)) fail("Destination " + folder + " does not exist", base_);
        if (!folder.empty() && !machine_.access(folder, 2)) fail("Destination " + folder + " is not writable", base_);
        if (machine_.is_file(dest_)) {
            if (!machine_.access(dest_, 4)) fail("Destination " + dest_ + " is not readable", base_);
            old = machine_.digest_file(dest_, "sha1").value();
            outcome.set("checksum_dest", old);
        }
        if (!digest_.empty() && known_algorithm())
            if (std::string is = digest_of(response.body_file); is != digest_) {
                Outcome failed = failure("The checksum for " + dest_ + " did not match " + digest_ + "; it was " + is + ".");
                failed.changed = old != fresh;
                failed.fields = base_;
                failed.fields.erase("msg");
                throw ModuleFailure{std::move(failed)};
            }
        if (old != fresh) {
            if (args_.flag("backup") && !old.empty()) outcome.set("backup_file", make_backup(context_, dest_));
            auto options = write_options(context_, dest_, wishes);
            options.follow = false;     // a link gives way to the file
            if (auto is = machine_.lstat(dest_); is && is->is_link())
                if (auto target = machine_.stat(dest_)) options.mode = target->mode, options.uid = target->uid, options.gid = target->gid;
            if (auto placed = machine_.install_file(response.body_file, dest_, options); !placed)
                fail("failed to copy the download to " + dest_ + ": " + placed.error().what, base_);
            outcome.changed = true;
        }
        (void)machine_.remove_file(response.body_file);
        if (!digest_.empty() && !known_algorithm()) (void)digest_of(dest_);
        outcome.changed = apply_wishes(context_, dest_, wishes) || outcome.changed;
        if (auto md5 = machine_.digest_file(dest_, "md5")) outcome.set("md5sum", *md5);
        return outcome;
    }

private:
    int elapsed(double start) const { return static_cast<int>(machine_.monotonic() - start); }
    bool known_algorithm() const {
        static constexpr std::string_view known[] = {"md5", "sha1", "sha224", "sha256", "sha384", "sha512"};
        return std::find(std::begin(known), std::end(known), algorithm_) != std::end(known);
    }
    std::string digest_of(const std::string& path) const {
        if (!known_algorithm())
            fail("Could not hash file '" + path + "' with algorithm '" + algorithm_ + "'. Available algorithms: md5, sha1, sha224, sha256, sha384, sha512");
        return machine_.digest_file(path, algorithm_).value();
    }

    [[noreturn]] void refuse(const std::string& url, const HttpResponse& response, int elapsed) {
        (void)machine_.remove_file(response.body_file);
        Map fields{{"url", url}, {"dest", dest_}, {"elapsed", elapsed}};
        if (response.status < 0) fail(response.message(), std::move(fields));
        fields.set("status_code", response.status);
        fields.set("response", response.message());
        fail("Request failed", std::move(fields));
    }

    void read_checksum() {
        std::string text = args_.text("checksum");
        if (text.empty()) return;
        auto colon = text.find(':');
        if (colon == std::string::npos) {
            base_.set("elapsed", 0);
            fail("The checksum parameter has to be in format <algorithm>:<checksum>", base_);
        }
        algorithm_ = base::lower(base::trim(text.substr(0, colon)));
        digest_ = std::string(base::trim(text.substr(colon + 1)));
        if (digest_.find("://") != std::string::npos) {
            std::string list_url = digest_;
            HttpRequest request = http_request(args_);
            request.url = list_url;
            request.follow = HttpRequest::Follow::all;
            auto response = http_fetch(context_, request);
            if (response.status < 200 || response.status > 299) refuse(list_url, response, 0);
            std::string list = machine_.read_file(response.body_file, 16u << 20).value_or("");
            (void)machine_.remove_file(response.body_file);
            digest_.clear();
            std::string wanted = url_file_name(args_.text("url"));
            std::vector<std::string> alone;
            for (const auto& line : base::split_lines(list)) {
                std::vector<std::string> words;
                for (auto& word : base::split(base::replace_all(line, "\t", " "), ' '))
                    if (!word.empty()) words.push_back(std::move(word));
                if (words.size() == 1) alone.push_back(words[0]);
                if (words.size() < 2) continue;
                std::string name = words.back();
                if (name.starts_with("*") || name.starts_with("./")) name.erase(0, name[0] == '*' ? 1 : 2);
                if (base::basename(name) == wanted) { digest_ = words[0]; break; }
            }
            if (digest_.empty() && alone.size() == 1) digest_ = alone[0];
            if (digest_.empty()) fail("Unable to find a checksum for file '" + wanted + "' in '" + list_url + "'");
        }
        digest_ = base::lower(digest_);
        for (char c : digest_)
            if (!std::isxdigit(static_cast<unsigned char>(c))) {
                base_.set("elapsed", 0);
                fail("The checksum format is invalid", base_);
            }
    }

    const Args& args_;
    Context& context_;
    machine::Machine& machine_;
    std::string dest_, algorithm_, digest_;
    Map base_;
};

Outcome run(const Args& args, Context& context) { return Download(args, context).run(); }

}  // namespace

extern const Module get_url_module{
    .name = "get_url",
    .collection = "ansible.builtin",
    .summary = "Fetch a file from the web",
    .args = args,
    .rules = {},
    .check_mode = CheckMode::full,
    .file_common = true,
    .free_form = false,
    .lookahead = false,
    .run = run,
    .notes = "https needs the program curl on the host.",
    .returns = "dest, url, src, msg, status_code, elapsed\nchecksum_src, checksum_dest: SHA-1 of both\nmd5sum: of the file\nbackup_file: name of the copy | changed and backup",
    .example = "- get_url: {url: 'http://mirror/app.tgz', dest: /opt/app.tgz, checksum: 'sha256:…'}",
};

}  // namespace fprov::modules
