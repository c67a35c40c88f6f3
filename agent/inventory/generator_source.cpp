// SPDX-License-Identifier: Apache-2.0
// `plugin: generator`: hosts and groups for every combination of the values in layers.
#include "inventory/reader.hpp"
#include "values/python.hpp"

namespace fprov::inventory {
namespace {

using base::Failure;
using base::Kind;

constexpr std::size_t most_hosts = 100'000;
constexpr int deepest = 50;

class Generator {
public:
    Generator(const Value& config, Target& target) : config_(config), target_(target) {}

    void run() {
        const Value *layers = config_.find("layers"), *hosts = config_.find("hosts");
        if (!layers || !layers->is_map() || layers->map().empty()) throw Failure(Kind::parse, "the inventory plugin 'generator' needs 'layers', a mapping of names to lists", config_.origin());
        if (!hosts || !hosts->is_map() || !hosts->find("name")) throw Failure(Kind::parse, "the inventory plugin 'generator' needs 'hosts' with a 'name'", config_.origin());
        choose(layers->map(), 0, *hosts);
    }

private:
    void choose(const Map& layers, std::size_t at, const Value& hosts) {
        if (at == layers.size()) return host(hosts);
        const auto& layer = *(layers.begin() + static_cast<std::ptrdiff_t>(at));
        if (!layer.value.is_list()) throw Failure(Kind::parse, "the layer '" + values::str(layer.key) + "' must be a list", layer.value.origin());
        for (const auto& value : layer.value.list()) {
            chosen_.set(layer.key, value);
            choose(layers, at + 1, hosts);
        }
    }

    void host(const Value& hosts) {
        if (++made_ > most_hosts) throw Failure(Kind::limit, "the layers make more than " + std::to_string(most_hosts) + " hosts", config_.origin());
        const std::string name = text(*hosts.find("name"));
        target_.host(name, "ungrouped");
        parents(hosts, name, true, 0);
    }

    void parents(const Value& entry, const std::string& child, bool is_host, int depth) {
        const Value* list = entry.find("parents");
        if (!list || list->is_none()) return;
        if (!list->is_list() || depth > deepest) throw Failure(Kind::parse, "'parents' must be a list of groups, at most " + std::to_string(deepest) + " deep", list->origin());
        for (const auto& parent : list->list()) {
            const Value *named = parent.find("name"), *vars = parent.find("vars");
            if (!named) throw Failure(Kind::parse, "Element " + child + " has a parent with no name element", parent.origin());
            const std::string group = target_.group(text(*named));
            target_.inventory.add_group(group);
            if (vars && vars->is_map())
                for (const auto& entry_of : vars->map()) target_.group_variable(group, entry_of.key, target_.options.render(values::str(entry_of.value), chosen_));
            if (is_host) target_.inventory.add_to_group(child, group);
            else target_.inventory.add_child(group, child);
            parents(parent, group, false, depth + 1);
        }
    }

    std::string text(const Value& name) const { return values::str(target_.options.render(values::str(name), chosen_)); }

    const Value& config_;
    Target& target_;
    Map chosen_{};
    std::size_t made_ = 0;
};

}  // namespace

void read_generator(const Value& config, Target& target) {
    if (!target.options.render) throw Failure(Kind::parse, "the inventory plugin 'generator' needs templates, which are not available here", config.origin());
    Generator(config, target).run();
}

}  // namespace fprov::inventory
