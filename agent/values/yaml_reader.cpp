// SPDX-License-Identifier: Apache-2.0
// yaml-cpp's events become values. yaml-cpp scans and nests; which type a scalar has, what merges, what is doubled and where
// everything stands is decided here, because Ansible reads YAML 1.1 and yaml-cpp's nodes are 1.2's.
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>
#include <yaml-cpp/depthguard.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <sstream>

#include "base/text.hpp"
#include "values/json.hpp"
#include "values/python.hpp"
#include "values/yaml.hpp"
#include "values/yaml_reader_text.hpp"
#include "values/yaml_scalars.hpp"

namespace fprov::values {

namespace {

using base::Failure;
using base::Kind;

constexpr std::size_t depth_limit = 500;
constexpr std::size_t node_limit = 5'000'000;   // with aliases counted as often as they are used
const std::string core_tag = "tag:yaml.org,2002:";

struct Pair {
    Value key, value;
    bool merge = false;
};

struct Frame {
    bool map = false;
    std::string tag;
    Place place;
    std::size_t anchor = 0;
    std::size_t weight = 1;
    bool flow = false;
    bool has_key = false, merge_key = false, unsafe = false;
    Place value_place;          // of the collection that is the key, for the unhashable message
    Value key;
    List items;
    std::vector<Pair> pairs;
};

struct Anchored { Value value; std::size_t weight = 0; bool finished = false; };

enum class TagKind { implicit, nonspecific, text, integer, real, boolean, null, timestamp, binary, list, map, set, pairs, vault, unsafe };

struct TagRow { std::string_view tag; TagKind kind; };

// Every tag that Ansible's loader knows; `?` and `!` are yaml-cpp's names for "plain" and "not plain".
constexpr TagRow tag_table[] = {
    {"?", TagKind::implicit},
    {"!", TagKind::nonspecific},
    {"!unsafe", TagKind::unsafe},
    {"!vault", TagKind::vault},
    {"!vault-encrypted", TagKind::vault},
    {"tag:yaml.org,2002:binary", TagKind::binary},
    {"tag:yaml.org,2002:bool", TagKind::boolean},
    {"tag:yaml.org,2002:float", TagKind::real},
    {"tag:yaml.org,2002:int", TagKind::integer},
    {"tag:yaml.org,2002:map", TagKind::map},
    {"tag:yaml.org,2002:null", TagKind::null},
    {"tag:yaml.org,2002:omap", TagKind::pairs},
    {"tag:yaml.org,2002:pairs", TagKind::pairs},
    {"tag:yaml.org,2002:python/dict", TagKind::map},
    {"tag:yaml.org,2002:python/unicode", TagKind::text},
    {"tag:yaml.org,2002:seq", TagKind::list},
    {"tag:yaml.org,2002:set", TagKind::set},
    {"tag:yaml.org,2002:str", TagKind::text},
    {"tag:yaml.org,2002:timestamp", TagKind::timestamp},
};

TagKind kind_of(const std::string& tag, Place place) {
    for (const auto& row : tag_table)
        if (row.tag == tag) return row.kind;
    throw Failure(Kind::parse, "could not determine a constructor for the tag '" + tag + "'", place,
                  "Ansible knows !vault and !unsafe; quote the value if it is meant to begin with '!'");
}

class Builder : public YAML::EventHandler {
public:
    Builder(const YamlText& text, const YamlOptions& options) : text_(text), options_(options) {}

    std::vector<Value> documents;

    void OnDocumentStart(const YAML::Mark& mark) override {
        // yaml-cpp begins a new document wherever the last one stops making sense; YAML wants a `---` in between.
        // At a stray ',' it even makes documents without end, all at the same place.
        if (started_ && mark.pos <= last_start_) throw text_.failure("unknown token", mark.line, mark.column);
        last_start_ = mark.pos;
        if (started_ && !text_.has_document_marker(last_line_, mark.line))
            throw text_.failure("did not find expected '-' indicator or the start of a new document", mark.line, mark.column);
        started_ = true;
        anchors_.clear();
        anchor_names_.clear();
        weight_ = 0;
        root_ = Value();
        last_line_ = mark.line;
    }

    void OnAnchor(const YAML::Mark& mark, const std::string& name) override {
        if (!anchor_names_.insert(name).second)
            throw Failure(Kind::parse, "found duplicate anchor '" + name + "'", text_.place(mark.line, mark.column), "give the second one another name");
    }

    void OnDocumentEnd() override { documents.push_back(std::move(root_)); }

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        // An empty value is marked with the start of the next token, so the key tells the place better.
        Place place = text_.place(mark.line, mark.column);
        if (!stack_.empty() && stack_.back().map && stack_.back().has_key) place = stack_.back().key.origin();
        else if (!text_.is_null_word(mark.line, mark.column) && !stack_.empty()) place = stack_.back().place;
        if (!stack_.empty() && stack_.back().map && !stack_.back().flow) check_colon(mark, anchor);
        Value none;
        none.set_origin(place);
        remember(anchor, none, 1);
        add(std::move(none), 1, false);
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const auto found = anchors_.find(anchor);
        if (found == anchors_.end() || !found->second.finished)
            throw Failure(Kind::parse, "an alias refers to the value that it is part of", text_.place(mark.line, mark.column));
        const Value value = in_unsafe() ? as_data(found->second.value) : found->second.value;
        add(value, found->second.weight, false);
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override {
        last_line_ = std::max(last_line_, mark.line);
        std::string text = text_.repaired(value);
        const ScalarSite site = text_.scalar_site(mark.line, mark.column, text);
        text = text_.with_end(std::move(text), site.ends);
        if (site.unclosed)
            throw Failure(Kind::parse, "found unexpected end of stream while scanning a quoted scalar", site.place,
                          "the quote that opens here is never closed");
        bool merge = false;
        Value made = scalar(kind_of(tag, text_.place(mark.line, mark.column)), text, site.place, site.plain, merge);
        made.set_as_written(made.is_string() && trust() == Trust::template_ok);
        remember(anchor, made, 1);
        add(std::move(made), 1, merge);
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value style) override {
        open(false, mark, tag, anchor, style);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value style) override {
        open(true, mark, tag, anchor, style);
    }
    void OnMapEnd() override { close(); }

private:
    bool in_unsafe() const { return unsafe_ > 0; }
    Trust trust() const { return in_unsafe() ? Trust::data_only : options_.trust; }

    Value scalar(TagKind kind, const std::string& text, Place place, bool plain_style, bool& merge) {
        auto bad = [&](const char* what) { return Failure(Kind::parse, "'" + text + "' is not " + what, place); };
        const auto placed = [&place](Value value) { return value.set_origin(place), value; };
        switch (kind) {
        case TagKind::nonspecific:   // quotes and blocks; but libyaml resolves `! 12`, which looks the same to yaml-cpp
            if (!plain_style) return Value(text, trust(), place);
            [[fallthrough]];
        case TagKind::implicit: {
            const PlainTag plain = yaml_plain_tag(text);
            merge = plain == PlainTag::merge && expects_key();
            // `=` is only allowed as a key, where PyYAML reads it as a text.
            if (merge || (plain == PlainTag::value && expects_key())) return Value(text, trust(), place);
            return resolve_yaml_scalar(text, place, trust());
        }
        case TagKind::text: return Value(text, trust(), place);
        case TagKind::unsafe: return Value(text, Trust::data_only, place);   // a text even when it looks like a number
        case TagKind::vault:
            if (!options_.vault) throw Failure(Kind::secret, "an encrypted value cannot be read here", place, "give a vault password");
            return placed(options_.vault(text, place));
        case TagKind::null: return placed(Value());
        case TagKind::integer:
            if (auto number = yaml_int(text)) return placed(*number);
            throw bad("an integer");
        case TagKind::real:
            if (auto number = yaml_float(text)) return placed(*number);
            throw bad("a number");
        case TagKind::boolean:
            if (auto flag = yaml_bool(text)) return placed(Value(*flag));
            throw bad("a truth value");
        case TagKind::timestamp: {
            bool with_time = false;
            const auto moment = yaml_timestamp(text, with_time);
            if (!moment || !moment->valid()) throw bad("a date");
            return placed(with_time ? make_datetime(*moment) : make_date(*moment));
        }
        case TagKind::binary: {
            std::string packed = text;
            std::erase_if(packed, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)) && c != '+' && c != '/' && c != '='; });
            if (auto bytes = base::base64_decode(packed)) return Value(std::move(*bytes), Trust::data_only, place);
            throw bad("base64 text");
        }
        case TagKind::list: case TagKind::pairs: throw Failure(Kind::parse, "expected a sequence node, but found scalar", place);
        case TagKind::map: case TagKind::set: throw Failure(Kind::parse, "expected a mapping node, but found scalar", place);
        }
        return {};
    }

    /// yaml-cpp takes a word without a colon for a key, and a colon without a word for one, too.
    void check_colon(const YAML::Mark& mark, YAML::anchor_t anchor) const {
        const Frame& frame = stack_.back();
        if (!frame.has_key) {
            if (anchor == 0 && text_.is_bare_colon(mark.line, mark.column)) throw text_.failure("end of map not found", mark.line, mark.column);
        } else if (frame.key.origin() && !text_.has_colon(frame.key.origin())) {
            const Place place = frame.key.origin();
            throw Failure(Kind::parse, "syntax error in YAML: could not find expected ':'", place,
                          "line " + std::to_string(place.line) + " has no colon, or no space behind it");
        }
    }

    bool expects_key() const { return !stack_.empty() && stack_.back().map && !stack_.back().has_key; }

    void open(bool map, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value style) {
        last_line_ = std::max(last_line_, mark.line);
        if (stack_.size() >= depth_limit)
            throw Failure(Kind::limit, "values are nested more than " + std::to_string(depth_limit) + " deep", text_.place(mark.line, mark.column));
        Frame frame;
        frame.map = map;
        frame.tag = tag;
        frame.place = text_.place(mark.line, mark.column);
        frame.anchor = anchor;
        frame.flow = style == YAML::EmitterStyle::Flow;
        frame.unsafe = tag == "!unsafe";
        unsafe_ += frame.unsafe;
        if (anchor) anchors_[anchor] = {};
        stack_.push_back(std::move(frame));
    }

    void close() {
        Frame frame = std::move(stack_.back());
        stack_.pop_back();
        Value made = frame.map ? map_of(frame) : list_of(frame);
        unsafe_ -= frame.unsafe;
        made.set_origin(frame.place);
        remember(frame.anchor, made, frame.weight);
        add(std::move(made), frame.weight, false);
    }

    Value list_of(Frame& frame) {
        switch (kind_of(frame.tag, frame.place)) {
        case TagKind::implicit: case TagKind::nonspecific: case TagKind::list: case TagKind::unsafe: break;
        case TagKind::pairs: {
            List pairs;
            for (const auto& item : frame.items) {
                if (!item.is_map() || item.map().size() != 1)
                    throw Failure(Kind::parse, "expected a mapping of length 1 while constructing an ordered map", item.origin());
                pairs.push_back(Value::tuple({item.map().begin()->key, item.map().begin()->value}));
            }
            return Value(std::move(pairs));
        }
        default:
            throw Failure(Kind::parse, "expected a " + std::string(frame.tag == core_tag + "map" || frame.tag == core_tag + "set" ? "mapping" : "scalar") +
                                           " node, but found sequence", frame.place);
        }
        return Value(std::move(frame.items));
    }

    Value map_of(Frame& frame) {
        const TagKind kind = kind_of(frame.tag, frame.place);
        if (kind != TagKind::implicit && kind != TagKind::nonspecific && kind != TagKind::map && kind != TagKind::unsafe && kind != TagKind::set)
            throw Failure(Kind::parse, "expected a " + std::string(kind == TagKind::list || kind == TagKind::pairs ? "sequence" : "scalar") +
                                           " node, but found mapping", frame.place);
        Map out;
        auto put = [&](const Value& key, const Value& value) {
            if (out.find(key) && options_.warnings)
                options_.warnings->push_back({"While constructing a mapping from " + base::source_name(frame.place.source) + ", line " +
                                                  std::to_string(frame.place.line) + ", column " + std::to_string(text_.characters_before(frame.place) + 1) +
                                                  ", found a duplicate dict key (" + str(key) + "). Using last defined value only.",
                                              key.origin()});
            out.set(key, value);
        };
        for (const auto& pair : frame.pairs)   // what `<<` brings comes first, and what is written here wins
            if (pair.merge) merge_into(pair, frame.place, put);
        for (const auto& pair : frame.pairs)
            if (!pair.merge) put(pair.key, pair.value);
        if (kind == TagKind::set) {
            List keys;
            for (const auto& entry : out) keys.push_back(entry.key);
            return Value(std::move(keys));
        }
        return Value(std::move(out));
    }

    template <class Put> void merge_into(const Pair& pair, Place place, const Put& put) {
        auto whole = [&put](const Value& from) {
            for (const auto& entry : from.map()) put(entry.key, entry.value);
        };
        if (pair.value.is_map()) return whole(pair.value);
        if (!pair.value.is_list())
            throw Failure(Kind::parse, "expected a mapping or list of mappings for merging, but found scalar", pair.key.origin() ? pair.key.origin() : place);
        const List& list = pair.value.list();
        for (auto it = list.rbegin(); it != list.rend(); ++it) {   // the first of the list wins
            if (!it->is_map()) throw Failure(Kind::parse, "expected a mapping for merging, but found something else", it->origin() ? it->origin() : place);
            whole(*it);
        }
    }

    void remember(std::size_t anchor, const Value& value, std::size_t weight) {
        if (anchor) anchors_[anchor] = {value, weight, true};
    }

    void add(Value value, std::size_t weight, bool merge) {
        if (++weight_ > node_limit) throw Failure(Kind::limit, "the document has too many values", value.origin());
        if (stack_.empty()) {
            root_ = std::move(value);
            return;
        }
        Frame& frame = stack_.back();
        frame.weight += weight;
        if (frame.weight > node_limit)
            throw Failure(Kind::limit, "the document grows beyond " + std::to_string(node_limit) + " values through its aliases", frame.place);
        if (!frame.map) {
            frame.items.push_back(std::move(value));
        } else if (!frame.has_key) {
            if (value.is_list() || value.is_map()) throw unhashable(frame, value);
            frame.key = std::move(value);
            frame.has_key = true;
            frame.merge_key = merge;
        } else {
            frame.pairs.push_back({std::move(frame.key), std::move(value), frame.merge_key});
            frame.key = Value();
            frame.has_key = false;
        }
    }

    Failure unhashable(const Frame& frame, const Value& key) const {
        // `k: {{ x }}` is read as a mapping whose key is a mapping: say so in the user's words.
        if (frame.flow && key.is_map() && text_.at(frame.place).starts_with("{{")) return text_.unquoted_template(frame.place);
        return Failure(Kind::parse, std::string("found unhashable key: a ") + (key.is_map() ? "mapping" : "sequence") + " cannot be the key of a mapping",
                       key.origin());
    }

    const YamlText& text_;
    const YamlOptions& options_;
    std::vector<Frame> stack_;
    std::map<std::size_t, Anchored> anchors_;
    std::set<std::string> anchor_names_;
    Value root_;
    std::size_t weight_ = 0;
    int unsafe_ = 0;
    int last_line_ = 0, last_start_ = -1;
    bool started_ = false;
};

}  // namespace

std::vector<Value> read_yaml_documents(std::string_view text, std::uint32_t source, const YamlOptions& options) {
    const YamlText lines(text, source);
    lines.check_characters();
    std::istringstream stream{lines.for_scanner()};
    Builder builder(lines, options);
    try {
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(builder)) {}
    } catch (const YAML::DeepRecursion& error) {
        throw Failure(Kind::limit, "values are nested more than " + std::to_string(depth_limit) + " deep", lines.place(error.mark.line, error.mark.column));
    } catch (const YAML::Exception& error) {
        throw lines.failure(error.msg, error.mark.line, error.mark.column);
    }
    return std::move(builder.documents);
}

Value read_yaml(std::string_view text, std::uint32_t source, const YamlOptions& options) {
    std::vector<Value> documents = read_yaml_documents(text, source, options);
    if (documents.empty()) return {};
    if (documents.size() > 1)
        throw Failure(Kind::parse, "expected a single document in the stream, but found another document", Place{source, 0, 0}, "remove the second '---'");
    return std::move(documents[0]);
}

namespace {

Value with_trust(Value value, Trust trust, Place place) {
    if (value.is_string()) value.set_trust(trust);
    if (value.is_list())
        for (auto& item : value.mutable_list()) item = with_trust(std::move(item), trust, place);
    if (value.is_map())
        for (auto& entry : value.mutable_map()) entry.value = with_trust(std::move(entry.value), trust, place);
    return value.set_origin(place), value;
}

}  // namespace

Value read_data(std::string_view text, std::uint32_t source, const YamlOptions& options) {
    const std::string_view body = base::trim(text);
    if (body.empty() || (body[0] != '{' && body[0] != '[')) return read_yaml(text, source, options);
    auto json = read_json(body);
    if (!json) return read_yaml(text, source, options);
    // Nearly all JSON is YAML with the same meaning; where it is not (1e3, control characters), JSON wins and places are lost.
    try {
        Value yaml = read_yaml(text, source, options);
        if (equal(yaml, *json)) return yaml;
    } catch (const Failure&) {
    }
    return with_trust(std::move(*json), options.trust, Place{source, 0, 0});
}

}  // namespace fprov::values
