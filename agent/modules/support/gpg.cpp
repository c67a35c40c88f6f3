// SPDX-License-Identifier: Apache-2.0
#include "modules/support/gpg.hpp"

#include "base/text.hpp"
#include "modules/support/accounts.hpp"
#include "modules/support/http.hpp"

namespace fprov::modules {

std::vector<std::string> key_ids(const std::string& listing) {
    std::vector<std::string> out;
    for (const auto& line : base::split_lines(listing))
        if (line.starts_with("pub:"))
            if (const auto fields = base::split(line, ':'); fields.size() > 4) out.push_back(fields[4]);
    return out;
}

GpgKey key_in_file(Context& context, const std::string& path) {
    auto ran = run_program(context, {required_program(context, "gpg"), "--no-tty", "--batch", "--with-colons", "--with-fingerprint", "--fixed-list-mode", path});
    GpgKey key{.error = ran.error_output};
    if (auto ids = key_ids(ran.output); !ids.empty()) key.id = ids[0];
    for (const auto& line : base::split_lines(ran.output))
        if (line.starts_with("fpr:") && key.fingerprint.empty())
            if (const auto fields = base::split(line, ':'); fields.size() > 9) key.fingerprint = fields[9];
    return key;
}

std::string fetch_key(const Args& args, Context& context, const std::string& url, const std::string& sentence) {
    HttpRequest request;
    request.url = url;
    request.validate_certs = args.flag("validate_certs", true);
    auto response = http_fetch(context, std::move(request));
    if (response.status != 200) fail(sentence + response.message());
    return response.body_file;
}

}  // namespace fprov::modules
