// SPDX-License-Identifier: Apache-2.0
#include "dialect/python_plugins.hpp"

#include <fcntl.h>

#include <algorithm>
#include <boost/process/args.hpp>
#include <boost/process/child.hpp>
#include <boost/process/exe.hpp>
#include <boost/process/io.hpp>
#include <boost/process/pipe.hpp>
#include <cstdlib>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "values/json.hpp"
#include "values/python.hpp"

namespace fprov::dialect {

using base::Failure;
using base::Kind;

namespace {

// One JSON text a line, both ways. What JSON lacks (tuples, sets, keys that are no texts) is a map with one key that begins with "\0".
// Where there is no Ansible, the few names that plugins usually import from it are made up.
constexpr std::string_view program = R"PYTHON(
import importlib.util, json, os, signal, sys, types
signal.signal(signal.SIGINT, signal.SIG_IGN)
sys.dont_write_bytecode = True
answers = os.fdopen(os.dup(1), 'w', encoding='utf-8')
os.dup2(2, 1)
sys.path += [path for path in json.loads(sys.argv[1]) if path not in sys.path]
try:
    import ansible.errors
except ImportError:
    def module(name, **names):
        made = types.ModuleType(name)
        made.__dict__.update(names, __path__=[])
        sys.modules[name] = made
        above, _, own = name.rpartition('.')
        if above:
            setattr(sys.modules[above], own, made)
    text = lambda value, *rest, **more: value.decode('utf-8', 'surrogateescape') if isinstance(value, bytes) else str(value)
    class AnsibleError(Exception):
        pass
    names = ('AnsibleFilterError', 'AnsibleFilterTypeError', 'AnsibleUndefinedVariable', 'AnsibleLookupError', 'AnsibleParserError', 'AnsibleOptionsError')
    module('ansible')
    module('ansible.errors', AnsibleError=AnsibleError, **{name: type(name, (AnsibleError,), {}) for name in names})
    module('ansible.module_utils')
    module('ansible.module_utils._text', to_text=text, to_native=text, to_bytes=lambda value, *rest, **more: text(value).encode())
    module('ansible.module_utils.common')
    module('ansible.module_utils.common.text')
    module('ansible.module_utils.common.text.converters', **sys.modules['ansible.module_utils._text'].__dict__)
from ansible.errors import AnsibleError

def encode(value):
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bytes):
        return value.decode('utf-8', 'surrogateescape')
    if hasattr(value, 'items') and hasattr(value, 'keys'):
        pairs = [(key, encode(one)) for key, one in value.items()]
        if all(isinstance(key, str) for key, _ in pairs):
            return {str(key): one for key, one in pairs}
        return {'\0pairs': [[encode(key), one] for key, one in pairs]}
    if isinstance(value, tuple):
        return {'\0tuple': [encode(one) for one in value]}
    if hasattr(value, '__iter__'):
        return [encode(one) for one in value]
    return str(value)

def decode(value):
    if isinstance(value, list):
        return [decode(one) for one in value]
    if isinstance(value, dict):
        if '\0tuple' in value:
            return tuple(decode(one) for one in value['\0tuple'])
        if '\0pairs' in value:
            return {decode(key): decode(one) for key, one in value['\0pairs']}
        return {key: decode(one) for key, one in value.items()}
    return value

known = {'filter': {}, 'test': {}, 'lookup': {}}

def load(kind, path, prefix):
    name = os.path.splitext(os.path.basename(path))[0]
    marks = ('ansible_collections.%s.plugins.%s.' % (prefix.rstrip('.'), kind)) if prefix else 'site_plugins_%s_' % kind
    spec = importlib.util.spec_from_file_location(marks + name if prefix else marks + str(len(sys.modules)) + '_' + name, path)
    made = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = made
    spec.loader.exec_module(made)
    if kind == 'lookup':
        found = {name: made.LookupModule}
    else:
        holder = getattr(made, 'FilterModule' if kind == 'filter' else 'TestModule', None)
        found = getattr(holder(), kind + 's')() if holder else {}
    for own, function in found.items():
        known[kind].setdefault(prefix + own, function)

def call(request):
    function = known[request['kind']][request['name']]
    arguments = [decode(one) for one in request['arguments']]
    options = {key: decode(one) for key, one in request['options'].items()}
    if request['kind'] == 'lookup':
        loader = None
        try:
            from ansible.parsing.dataloader import DataLoader
            loader = DataLoader()
            loader.set_basedir(request['variables'].get('playbook_dir') or '.')
        except ImportError:
            pass
        return encode(function(loader=loader, templar=None).run(arguments, variables=decode(request['variables']), **options))
    wants = str(getattr(function, 'jinja_pass_arg', '')).rpartition('.')[2]
    if wants in ('environment', 'eval_context'):
        import jinja2
        first = jinja2.Environment()
        arguments.insert(0, first if wants == 'environment' else jinja2.nodes.EvalContext(first))
    elif wants:
        raise AnsibleError('it wants the context of the template, which fprov cannot give')
    return encode(function(*arguments, **options))

for line in sys.stdin:
    request = json.loads(line)
    try:
        if request['kind'] == 'load':
            for kind, path, prefix in request['files']:
                try:
                    load(kind, path, prefix)
                except BaseException as error:
                    if prefix:      # a collection has more than what is asked for; what cannot be loaded is not there
                        continue
                    raise AnsibleError('%s cannot be loaded: %s: %s' % (path, type(error).__name__, error))
            answer = {'value': {kind: sorted(names) for kind, names in known.items()}}
        else:
            answer = {'value': call(request)}
    except BaseException as error:
        kinds = [one.__name__ for one in type(error).__mro__]
        kind = 'undefined' if 'UndefinedError' in kinds or 'AnsibleUndefinedVariable' in kinds else 'type' if 'TypeError' in kinds or 'AnsibleFilterTypeError' in kinds else 'other'
        answer = {'error': str(error), 'kind': kind, 'class': repr(type(error))}
    answers.write(json.dumps(answer) + '\n')
    answers.flush()
)PYTHON";

constexpr std::string_view tuple_mark{"\0tuple", 6}, pairs_mark{"\0pairs", 6};

Value encode(const Value& value) {
    if (value.is_sequence()) {
        List list;
        for (const auto& one : value.list()) list.push_back(encode(one));
        return value.is_tuple() ? Value(Map{{std::string(tuple_mark), Value(std::move(list))}}) : Value(std::move(list));
    }
    if (value.is_map()) {
        bool texts = std::all_of(value.map().begin(), value.map().end(), [](const auto& entry) { return entry.key.is_string(); });
        Map map;
        List pairs;
        for (const auto& [key, one] : value.map())
            if (texts) map.set(key, encode(one));
            else pairs.push_back(Value(List{encode(key), encode(one)}));
        return texts ? Value(std::move(map)) : Value(Map{{std::string(pairs_mark), Value(std::move(pairs))}});
    }
    if (value.is_object()) {
        if (auto items = value.object()->items()) return encode(Value(std::move(*items)));
        return Value(values::str(value));
    }
    return value.is_undefined() ? Value() : value;
}

Value decode(const Value& value) {
    if (value.is_sequence()) {
        List list;
        for (const auto& one : value.list()) list.push_back(decode(one));
        return Value(std::move(list));
    }
    if (!value.is_map()) return value;
    if (const Value* tuple = value.find(tuple_mark)) return Value::tuple(decode(*tuple).list());
    Map map;
    if (const Value* pairs = value.find(pairs_mark))
        for (const auto& pair : pairs->list()) map.set(decode(pair.list()[0]), decode(pair.list()[1]));
    else
        for (const auto& [key, one] : value.map()) map.set(key, decode(one));
    return Value(std::move(map));
}

}  // namespace

std::optional<std::string> controller_python() {
    if (auto ansible = base::find_program("ansible-playbook"))
        if (auto text = base::read_file(*ansible); text && text->starts_with("#!")) {
            std::string line(base::trim(std::string_view(*text).substr(2, text->find('\n') - 2)));
            std::string path = line.substr(0, line.find(' '));
            if (base::basename(path).starts_with("python") && base::exists(path)) return path;
        }
    if (const char* environment = std::getenv("VIRTUAL_ENV"))
        if (std::string path = base::join_path(environment, "bin/python3"); base::exists(path)) return path;
    return base::find_program("python3");
}

class PythonPlugins::Process {
public:
    explicit Process(const std::vector<std::string>& packages) {
        namespace bp = boost::process;
        const std::vector<std::string> arguments{"-c", std::string(program), values::write_json(Value::strings(packages))};
        auto python = controller_python();
        if (!python) throw Failure(Kind::not_found, "the site's plugins are written in Python, and there is no python3 on this controller", {}, "install python3 here; the hosts need none");
        child_ = bp::child(bp::exe = *python, bp::args = arguments, bp::std_in < to_, bp::std_out > from_);
        for (int fd : {to_.native_sink(), from_.native_source()}) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    ~Process() {
        std::error_code ignored;
        to_.close();
        from_.close();
        child_.terminate(ignored);
        child_.wait(ignored);
    }
    std::string exchange(const std::string& line) {
        for (std::size_t sent = 0; sent < line.size();) {
            int more = to_.write(line.data() + sent, static_cast<int>(std::min<std::size_t>(line.size() - sent, 1u << 20)));
            if (more <= 0) lost();
            sent += static_cast<std::size_t>(more);
        }
        while (true) {
            if (auto end = buffer_.find('\n'); end != std::string::npos) {
                std::string answer = buffer_.substr(0, end);
                buffer_.erase(0, end + 1);
                return answer;
            }
            char some[65536];
            int got = from_.read(some, sizeof some);
            if (got <= 0) lost();
            buffer_.append(some, static_cast<std::size_t>(got));
        }
    }

private:
    [[noreturn]] static void lost() { throw Failure(Kind::generic, "the Python process that runs the site's plugins ended; what it said stands on standard error"); }
    boost::process::pipe to_, from_;
    boost::process::child child_;
    std::string buffer_;
};

PythonPlugins::PythonPlugins(jinja::Environment& environment, std::function<std::vector<PluginFolder>(const std::string&)> folders,
                             std::function<std::vector<std::string>()> packages)
    : environment_(environment), folders_(std::move(folders)), packages_(std::move(packages)) {}
PythonPlugins::~PythonPlugins() = default;

Value PythonPlugins::ask(const Map& request) {
    if (!process_) process_ = std::make_unique<Process>(packages_ ? packages_() : std::vector<std::string>{});
    values::JsonStyle style;
    style.ensure_ascii = true;
    auto answer = values::read_json(process_->exchange(values::write_json(Value(request), style) + "\n"));
    if (!answer) throw Failure(Kind::generic, "a plugin's answer cannot be read: " + answer.error().what);
    if (const Value* value = answer->find("value")) return *value;
    auto text = [&](const char* key) { const Value* value = answer->find(key); return value ? value->text_or("") : std::string(); };
    std::string what = text("error"), kind = text("kind");
    if (request.find("kind")->text_or("") == "lookup")
        what = "An unhandled exception occurred while running the lookup plugin '" + request.find("name")->text_or("") + "'. Error was a " + text("class") + ", original message: " + what;
    throw Failure(kind == "undefined" ? Kind::undefined : kind == "type" ? Kind::type : Kind::generic, what);
}

void PythonPlugins::load_for(const std::string& name) {
    List files;
    for (const auto& folder : folders_(name)) {
        if (!base::is_directory(folder.path)) continue;
        for (const auto& file : base::list_directory(folder.path)) {
            std::string path = base::join_path(folder.path, file);
            if (!file.ends_with(".py") || file.starts_with("_") || !loaded_.insert(path).second) continue;
            files.push_back(Value(List{Value(folder.kind), Value(path), Value(folder.prefix)}));
        }
    }
    if (files.empty()) return;
    Value known = ask(Map{{"kind", "load"}, {"files", Value(std::move(files))}});
    std::vector<jinja::Filter> filters;
    std::vector<jinja::Test> tests;
    auto names = [&](const char* kind) { const Value* list = known.find(kind); return list && list->is_list() ? list->list() : List{}; };
    auto row_name = [&](const Value& own) -> std::string_view { return names_.emplace_back(own.text_or("")); };
    for (const auto& own : names("filter"))
        if (!environment_.filter(own.text_or("")))   // what is built in stays
            filters.push_back({row_name(own), "value, *args, **kwargs", [](jinja::Call& call) { return templar_of(call.context).call_plugin("filter", call); }, false, "of the site, in Python"});
    for (const auto& own : names("test"))
        if (!environment_.test(own.text_or("")))
            tests.push_back({row_name(own), "value, *args, **kwargs", [](jinja::Call& call) { return templar_of(call.context).call_plugin("test", call).truthy(); }, false, "of the site, in Python"});
    environment_.add_filters(filters);
    environment_.add_tests(tests);
    for (const auto& own : names("lookup")) lookups_.insert(own.text_or(""));
}

bool PythonPlugins::has_lookup(const std::string& name) {
    if (!lookups_.contains(name)) load_for(name);
    return lookups_.contains(name);
}

Value PythonPlugins::call(std::string_view kind, std::string_view name, const List& arguments, const Map& options) {
    return decode(ask(Map{{"kind", Value(std::string(kind))}, {"name", Value(std::string(name))}, {"arguments", encode(Value(arguments))},
                          {"options", encode(Value(options))}}));
}

List PythonPlugins::lookup(const std::string& name, const List& terms, const Map& variables, const Map& options) {
    Value list = decode(ask(Map{{"kind", "lookup"}, {"name", Value(name)}, {"arguments", encode(Value(terms))}, {"options", encode(Value(options))},
                                {"variables", encode(Value(variables))}}));
    return list.is_sequence() ? list.list() : List{list};
}

}  // namespace fprov::dialect
