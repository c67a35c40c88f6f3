// SPDX-License-Identifier: Apache-2.0
#include "variables/fact_cache.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <ctime>

#include "base/error.hpp"
#include "base/files.hpp"
#include "values/json.hpp"
#include "values/python.hpp"

namespace fprov::variables {
namespace {

std::string file_of(const FactCache& cache, const std::string& host) { return base::join_path(cache.folder, cache.prefix + host); }

}  // namespace

std::optional<values::Map> FactCache::load(const std::string& host) const {
    std::string path = file_of(*this, host);
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0) return std::nullopt;
    if (seconds > 0 && ::time(nullptr) - found.st_mtime > seconds) return std::nullopt;
    auto text = base::read_file(path);
    if (!text) return std::nullopt;
    auto value = values::read_json(*text);
    if (!value || !value->is_map()) return std::nullopt;
    return values::as_data(*value).map();
}

void FactCache::save(const std::string& host, const values::Map& facts) const {
    auto made = base::make_directories(folder);
    values::JsonStyle style;
    style.indent = 4;
    style.sort_keys = true;
    if (made) made = base::write_file_atomic(file_of(*this, host), values::write_json(values::Value(facts), style), 0600);
    if (!made) {
        base::Error error = made.error();
        error.hint = "fact_caching_connection must name a folder that you may write";
        throw base::Failure(std::move(error));
    }
}

void FactCache::forget(const std::string& host) const { ::unlink(file_of(*this, host).c_str()); }

}  // namespace fprov::variables
