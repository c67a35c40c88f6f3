// SPDX-License-Identifier: Apache-2.0
// What the controller does for a task before (or instead of) a module on the host. A name without a row here is a plain module: its
// arguments travel as they are.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "events/event.hpp"
#include "playbook/model.hpp"
#include "spec/argument.hpp"
#include "transport/session.hpp"
#include "values/value.hpp"

namespace fprov::actions {

using values::List;
using values::Map;
using values::Value;

/// The door to the host for actions that need several steps. Its calls block; they run on a thread of their own and may not touch the
/// executor. A lost connection throws Unreachable.
struct Unreachable { std::string phase, reason; };
class Reach {
public:
    virtual ~Reach() = default;
    virtual Value call(const std::string& module, Map args, bool check = false) = 0;      // a module's result dictionary
    virtual Value raw(const std::string& command) = 0;                                    // {rc, stdout, stderr}
    virtual base::Result<std::string> fetch(const std::string& path) = 0;                 // content of a remote file
    virtual void reset_connection() = 0;
    virtual bool connect(double timeout) = 0;                                             // true when the agent answers
    virtual void sleep(double seconds) = 0;                                               // ends early (by throwing) when the run is interrupted
    virtual void progress(const std::string& text) = 0;
};

/// How the task's own host is reached, whoever the task is delegated to.
struct Target {
    transport::Endpoint endpoint;
    std::optional<transport::Become> become;
    std::string delegate;      // empty = not delegated
};

/// An error that ends the task as a wrong template does: no result that conditions could judge, no further items.
struct Raised { base::Error error; };

struct Immediate { Value result; };                        // done without the host
struct Remote {                                            // one module call
    std::string module;
    Map args;
    std::string content_file{};                            // see transport::TaskRequest
    std::optional<std::string> content{};
    bool lookahead = true;                                 // the module's own answer counts too
    std::function<Value(Value)> finish{};                  // last touches to the result
    /// When the host lacks something (and has changed nothing yet): the call to make then; nothing = the result stands.
    std::function<std::shared_ptr<Remote>(const Value&)> follow{};
};
struct Threaded { std::function<Value(Reach&)> work; };
using Plan = std::variant<Immediate, Remote, Threaded>;

/// What an action may know and use on the executor's thread.
class Context {
public:
    virtual ~Context() = default;
    const playbook::Task* task = nullptr;
    std::string host;                     // inventory_hostname
    bool check = false, diff = false;
    int verbosity = 0;
    virtual Value render(const Value& value) = 0;                                     // with the task's variables
    virtual bool condition(const Value& condition) = 0;
    virtual Value evaluate(const std::string& expression) = 0;                        // as in debug: var=
    virtual std::string render_template(const std::string& text, const std::string& path, const Map& extra, const Map& options) = 0;
    virtual const Value* raw_variable(std::string_view name) = 0;
    /// Search for a file of the controller: role files|templates|vars|tasks …, the playbook's folders; Failure (not_found) lists the places.
    virtual std::string find_file(const std::string& name, const std::string& kind) = 0;
    virtual base::Result<std::string> read_file(const std::string& path, bool decrypt) = 0;
    /// Folders of the Python packages ansible and ansible_collections on the controller; empty when there is no Ansible.
    virtual const std::vector<std::string>& python_path() = 0;
    virtual Map read_vars(const std::string& path) = 0;
    virtual Target target() = 0;
    virtual bool works_here() = 0;                                                    // on the controller: local, or delegated there
    // effects on the run
    virtual void set_facts(const Map& facts, bool cacheable) = 0;                     // set_fact
    virtual void include_vars(const Map& vars) = 0;
    virtual void add_host(const std::string& name, const std::vector<std::string>& groups, const Map& vars, bool& changed) = 0;
    virtual void group_by(const std::string& key, const std::vector<std::string>& parents, bool& changed) = 0;
    virtual void set_stats(const Map& data, bool per_host, bool aggregate) = 0;
    virtual std::string ask(const std::string& prompt, bool echo, double seconds, bool& interrupted) = 0;   // pause
    virtual bool has_terminal() = 0;
    virtual void say(const std::string& text) = 0;                                    // on the screen, as pause does
    virtual void warn(const std::string& text) = 0;
};

struct Action {
    std::string_view name;
    Plan (*plan)(const Map& args, Context& context);
    /// Free of effects on the run: may be planned ahead of its turn.
    bool pure;
    bool once;          // runs for the first host only (add_host, pause …): bypasses the host loop as Ansible's BYPASS_HOST_LOOP
    bool in_check_mode; // false: skipped in check mode
    bool background;    // may run with async
};

/// Parameters of what no module on the host stands behind; also of what the executor itself does (include_tasks, meta …).
struct Description {
    std::string_view name;
    std::string_view summary;
    std::span<const spec::Arg> args;
    bool file_common = false;
    bool open = false;  // takes any other name as a variable
};
std::span<const Description> descriptions();             // sorted by name
const Description* describe(std::string_view name);
std::vector<spec::Arg> all_args(const Description& action);

std::span<const Action> table();                         // sorted by name
const Action* find(std::string_view name);               // null: a plain module
/// For tasks whose module is a file of the site (Task::library_file).
const Action& library_action();
/// Canonical name of a module or action from any spelling (FQCN, legacy, redirected): what playbook::LoadOptions::resolve_action wants.
std::optional<std::string> resolve(const std::string& name);
bool is_free_form(const std::string& name);
std::vector<std::string> names();                        // of all modules and actions

}  // namespace fprov::actions
