// SPDX-License-Identifier: Apache-2.0
#include "actions/python_module.hpp"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "base/files.hpp"
#include "base/text.hpp"

namespace fprov::actions {
namespace {

using values::Value;

bool word_char(char c) { return c == '_' || c == '.' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Names after "import": "a, b as c", in parentheses or not, over lines or not.
std::vector<std::string> imported_names(std::string_view text) {
    std::vector<std::string> names;
    text = base::trim(text);
    bool parentheses = text.starts_with("(");
    if (parentheses) text = text.substr(1, text.find(')') == std::string_view::npos ? text.size() - 1 : text.find(')') - 1);
    else text = text.substr(0, text.find('\n'));
    std::string clean;
    for (bool comment = false; char c : text) {   // comments run to the end of their line
        if (c == '#') comment = true;
        if (c == '\n') { comment = false; c = ' '; }
        if (!comment && c != '\\') clean += c;
    }
    for (const auto& part : base::split(clean, ',')) {
        std::string_view name = base::trim(part);
        std::size_t n = 0;
        while (n < name.size() && word_char(name[n])) ++n;
        if (n) names.emplace_back(name.substr(0, n));
    }
    return names;
}

struct Import { std::string from; std::vector<std::string> names; };   // from: dotted, absolute

// `package`: of the file that is read, for relative imports.
std::vector<Import> imports_of(const std::string& text, const std::vector<std::string>& package) {
    std::vector<Import> found;
    for (std::size_t begin = 0; begin < text.size();) {
        auto end = text.find('\n', begin);
        if (end == std::string::npos) end = text.size();
        std::string_view line = base::trim(std::string_view(text).substr(begin, end - begin));
        auto rest_of = [&](std::size_t in_line) { return std::string_view(text).substr(static_cast<std::size_t>(line.data() - text.data()) + in_line); };
        if (line.starts_with("import ")) {
            for (auto& name : imported_names(rest_of(7))) found.push_back({std::move(name), {}});
        } else if (line.starts_with("from ")) {
            auto at = line.find(" import ");
            if (at != std::string_view::npos) {
                std::string from(base::trim(line.substr(5, at - 5)));
                std::size_t dots = 0;
                while (dots < from.size() && from[dots] == '.') ++dots;
                if (dots) {
                    std::vector<std::string> base_package = package;
                    for (std::size_t i = 1; i < dots && !base_package.empty(); ++i) base_package.pop_back();
                    std::string tail = from.substr(dots);
                    from = base::join(base_package, ".") + (tail.empty() ? "" : "." + tail);
                }
                found.push_back({std::move(from), imported_names(rest_of(at + 8))});
            }
        }
        begin = end + 1;
    }
    return found;
}

class Packer {
public:
    explicit Packer(const std::vector<std::string>& packages) : packages_(packages) {}

    // The file of a dotted name, below the packages' folders: "ansible/module_utils/basic.py" or ".../__init__.py".
    std::optional<std::string> relative_file(const std::string& dotted) const {
        std::string path = base::replace_all(dotted, ".", "/");
        for (const auto& folder : packages_)
            for (const char* ending : {".py", "/__init__.py"})
                if (base::is_file(base::join_path(folder, path + ending))) return path + ending;
        return std::nullopt;
    }

    void need(const std::string& dotted) {
        if (!dotted.starts_with("ansible.") && !dotted.starts_with("ansible_collections.")) return;
        if (!dotted.starts_with("ansible.module_utils") && !dotted.starts_with("ansible.release") && dotted.find(".plugins.") == std::string::npos) return;
        if (seen_.insert(dotted).second) open_.push_back(dotted);
    }

    void read_imports(const std::string& text, const std::vector<std::string>& package) {
        for (const auto& one : imports_of(text, package)) {
            need(one.from);
            for (const auto& name : one.names) need(one.from + "." + name);   // a module, or just a name in one
        }
    }

    void add_all() {
        while (!open_.empty()) {
            std::string dotted = open_.front();
            open_.pop_front();
            auto relative = relative_file(dotted);
            if (!relative) continue;   // a name, or something that the module can do without
            add(*relative, dotted);
        }
        // Packages are found only where each folder on the way has its __init__.py.
        std::set<std::string> folders;
        for (const auto& [key, content] : files) {
            std::string folder = base::dirname(key.text_or(""));
            while (!folder.empty() && folder != ".") { folders.insert(folder); folder = base::dirname(folder); }
        }
        for (const auto& folder : folders)
            if (std::string init = folder + "/__init__.py"; !files.contains(init)) {
                auto own = folder.starts_with("ansible/module_utils") || folder.find("/module_utils") != std::string::npos ? content_of(init) : std::nullopt;
                files.set(init, Value(own ? *own : std::string()));
                if (own) { read_imports(*own, base::split(base::replace_all(folder, "/", "."), '.')); }
            }
        if (!open_.empty()) add_all();
    }

    void add(const std::string& relative, const std::string& dotted) {
        if (files.contains(relative)) return;
        auto text = content_of(relative);
        if (!text) return;
        auto package = base::split(dotted, '.');
        if (!relative.ends_with("/__init__.py")) package.pop_back();
        read_imports(*text, package);
        files.set(relative, Value(std::move(*text)));
    }

    values::Map files;

private:
    std::optional<std::string> content_of(const std::string& relative) const {
        for (const auto& folder : packages_)
            if (auto text = base::read_file(base::join_path(folder, relative))) return *text;
        return std::nullopt;
    }
    const std::vector<std::string>& packages_;
    std::set<std::string> seen_;
    std::deque<std::string> open_;
};

}  // namespace

base::Result<PythonModule> pack_python_module(const std::string& path, const std::vector<std::string>& packages) {
    static std::map<std::string, PythonModule> packed;   // the same for all hosts and tasks of a run
    if (auto known = packed.find(path); known != packed.end()) return known->second;
    auto text = base::read_file(path);
    if (!text) return text.error();
    Packer packer(packages);
    if (!packer.relative_file("ansible.module_utils.basic"))
        return base::Error{base::Kind::not_found, "Ansible's own library (ansible.module_utils) is not installed on this controller", {}, "install ansible-core, or use a built-in module"};
    PythonModule module;
    std::string relative;
    for (const auto& folder : packages)
        if (std::string begin = folder + "/"; path.starts_with(begin) && (path.starts_with(begin + "ansible/") || path.starts_with(begin + "ansible_collections/"))) relative = path.substr(begin.size());
    if (relative.empty()) {   // from a library/ folder
        std::string name = base::basename(path);
        relative = "ansible/modules/" + name.substr(0, name.rfind('.')) + ".py";
    }
    module.name = base::replace_all(relative.substr(0, relative.size() - 3), "/", ".");
    auto package = base::split(module.name, '.');
    package.pop_back();
    packer.need("ansible.module_utils.basic");
    packer.read_imports(*text, package);
    packer.files.set(relative, Value(*text));
    packer.add_all();
    module.files = std::move(packer.files);
    return packed.emplace(path, std::move(module)).first->second;
}

}  // namespace fprov::actions
