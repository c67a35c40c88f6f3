// SPDX-License-Identifier: Apache-2.0
// parted: one partition of a disk. Everything goes through `parted -s -m`: what it prints is parsed, what is to change is one script.
#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "modules/support/accounts.hpp"

namespace fprov::modules {
extern const Module parted_module;
namespace {

using spec::Type;

constexpr Arg args[] = {
    {.name = "device", .help = "The disk", .required = true},
    {.name = "align", .help = "Alignment of new partitions; undefined leaves it to parted", .fallback = "optimal", .choices = "none|cylinder|minimal|optimal|undefined"},
    {.name = "number", .type = Type::integer, .help = "Number of the partition"},
    {.name = "unit", .help = "Unit of what is told, and of positions that name none", .fallback = "KiB", .choices = "s|B|KB|KiB|MB|MiB|GB|GiB|TB|TiB|%|cyl|chs|compact"},
    {.name = "label", .help = "Partition table; another one than that of the disk replaces it, with all partitions", .fallback = "msdos", .choices = "aix|amiga|bsd|dvh|gpt|loop|mac|msdos|pc98|sun"},
    {.name = "part_type", .help = "Kind of a new partition", .fallback = "primary", .choices = "primary|extended|logical"},
    {.name = "part_start", .help = "Where it begins", .fallback = "0%"},
    {.name = "part_end", .help = "Where it ends", .fallback = "100%"},
    {.name = "name", .help = "Its name (gpt, mac, pc98)"},
    {.name = "flags", .type = Type::list, .help = "Its flags; others are switched off", .elements = Type::text},
    {.name = "fs_type", .help = "File system type that a new partition is marked with"},
    {.name = "resize", .type = Type::boolean, .help = "Move the end of a partition that is there to part_end", .fallback = "no"},
    {.name = "state", .help = "Have the partition, have it not, or only look", .fallback = "info", .choices = "absent|present|info"},
};
constexpr Rule rules[] = {{Rule::Kind::required_if, "number", "state", "present"}, {Rule::Kind::required_if, "number", "state", "absent"}};

struct Size { double value; std::string unit; };

/// "40.5MiB", "0%", "-1GiB"; a unit that parted does not know is left for it to refuse.
Size parse_size(const std::string& text) {
    auto end = text.find_first_not_of("+-.0123456789");
    auto value = base::parse_double(text.substr(0, end));
    if (!value) fail("Error interpreting parted size output: '" + text + "'");
    return {*value, end == std::string::npos ? "" : text.substr(end)};
}

/// "803,34,1" for the unit chs.
Value place(const std::string& text, const std::string& unit, std::string* told = nullptr) {
    if (unit == "chs") {
        auto parts = base::split(text, ',');
        if (parts.size() == 3) {
            auto number = [&](std::size_t i) { return Value(base::parse_int(parts[i]).value_or(0)); };
            if (told) *told = "chs";
            return Value(Map{{"cylinder", number(0)}, {"head", number(1)}, {"sector", number(2)}});
        }
    }
    Size size = parse_size(text);
    if (told) *told = base::lower(size.unit);
    return Value(size.value);
}

struct Disk {
    Map about;
    List partitions;
    std::string table = "unknown";
    const Value* partition(std::int64_t number) const {
        for (const auto& one : partitions) if (one.find("num")->integer() == number) return &one;
        return nullptr;
    }
};

class Parted {
public:
    Parted(const Args& args, Context& context) : args_(args), context_(context), program_(required_program(context, "parted")), device_(args.text("device")) {}

    Disk look(const std::string& unit) {
        auto ran = run_program(context_, {program_, "-s", "-m", device_, "--", "unit", unit, "print"});
        if (ran.code != 0 && ran.error_output.find("unrecognised disk label") == std::string::npos)
            fail("Error while getting device information with parted script: '" + program_ + " -s -m " + device_ + " -- unit '" + unit + "' print'",
                 Map{{"rc", ran.code}, {"out", Value(ran.output)}, {"err", Value(ran.error_output)}});
        Disk disk;
        auto lines = base::split_lines(ran.output);
        lines.erase(std::remove_if(lines.begin(), lines.end(), [](const std::string& line) { return line.find(':') == std::string::npos; }), lines.end());
        for (auto& line : lines) if (line.ends_with(';')) line.pop_back();
        if (lines.empty()) fail("Nothing is known about " + device_ + ": " + ran.error_output, Map{{"rc", ran.code}, {"out", Value(ran.output)}});
        auto fields = base::split(lines[0], ':');   // path, size, transport, logical and physical block, table, model
        fields.resize(std::max<std::size_t>(fields.size(), 7));
        std::string told;
        Value size = place(fields[1], unit, &told);
        disk.table = fields[5];
        disk.about = Map{{"dev", Value(fields[0])}, {"size", size}, {"unit", Value(told)}, {"table", Value(disk.table)}, {"model", Value(fields[6])},
                         {"logical_block", Value(base::parse_int(fields[3]).value_or(0))}, {"physical_block", Value(base::parse_int(fields[4]).value_or(0))}};
        std::size_t first = 1;
        if ((unit == "cyl" || unit == "chs") && lines.size() > 1) {   // cylinders, heads, sectors, size of a cylinder
            auto chs = base::split(lines[first++], ':');
            chs.resize(4);
            Size cylinder = parse_size(chs[3]);
            auto number = [&](std::size_t i) { return Value(base::parse_int(chs[i]).value_or(0)); };
            disk.about.set("chs_info", Value(Map{{"cylinders", number(0)}, {"heads", number(1)}, {"sectors", number(2)}, {"cyl_size", Value(cylinder.value)}, {"cyl_size_unit", Value(base::lower(cylinder.unit))}}));
        }
        for (; first < lines.size(); ++first) {
            auto part = base::split(lines[first], ':');   // number, begin, end, size (not in chs), file system, name, flags
            if (unit == "chs" && part.size() > 2) part.insert(part.begin() + 3, "");
            part.resize(std::max<std::size_t>(part.size(), 7));
            List flags;
            for (const auto& flag : base::split(part[6], ',')) if (!base::trim(flag).empty()) flags.emplace_back(std::string(base::trim(flag)));
            std::string part_unit;
            Value begin = place(part[1], unit), end = place(part[2], unit, &part_unit), length = unit == "chs" ? Value("") : place(part[3], unit, &part_unit);
            disk.partitions.emplace_back(Map{{"num", Value(base::parse_int(part[0]).value_or(0))}, {"begin", begin}, {"end", end}, {"size", length}, {"fstype", Value(part[4])},
                                             {"name", Value(part[5])}, {"flags", Value(std::move(flags))}, {"unit", Value(part_unit)}});
        }
        return disk;
    }

    void run(const std::vector<std::string>& script) {
        if (context_.check || script.empty()) return;
        std::vector<std::string> argv{program_, "-s", "-m"};
        if (args_.text("align") != "undefined") argv.insert(argv.end(), {"-a", args_.text("align")});
        argv.insert(argv.end(), {device_, "--"});
        std::string head = base::join(argv, " ");
        argv.insert(argv.end(), script.begin(), script.end());
        auto ran = run_program(context_, argv);
        if (ran.code != 0) fail("Error while running parted script: " + head + " " + told(script), Map{{"rc", ran.code}, {"out", Value(ran.output)}, {"err", Value(ran.error_output)}});
    }

    static std::string told(const std::vector<std::string>& script) {
        std::vector<std::string> quoted;
        for (const auto& word : script) quoted.push_back(word.starts_with('"') ? base::shell_quote(word) : word);   // a name carries parted's own quotes
        return base::join(quoted, " ");
    }

    /// Is the end of the partition already where part_end says? Told in bytes; parted itself aligns and rounds by less than a megabyte.
    /// Every position names its unit: `resizepart` is told none besides.
    bool ends_there(std::int64_t number) {
        static constexpr struct { std::string_view unit; double bytes; } units[] = {
            {"B", 1}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"KiB", 1024.0}, {"MiB", 1048576.0}, {"GiB", 1073741824.0}, {"TiB", 1099511627776.0}};
        Disk disk = look("B");
        const Value* part = disk.partition(number);
        const double whole = disk.about.find("size")->real(), end = part->find("end")->real() + 1;
        Size wanted = parse_size(args_.text("part_end"));
        const std::string& unit = wanted.unit;
        double bytes = 0;
        if (unit == "%") bytes = whole * wanted.value / 100;
        else if (unit == "s") bytes = (wanted.value + 1) * static_cast<double>(disk.about.find("logical_block")->integer());
        else {
            auto row = std::find_if(std::begin(units), std::end(units), [&](const auto& one) { return one.unit == unit; });
            if (row == std::end(units)) return false;
            bytes = wanted.value * row->bytes;
        }
        if (wanted.value < 0 || args_.text("part_end").starts_with('-')) bytes += whole;
        return std::abs(bytes - end) < 1048576;
    }

private:
    const Args& args_;
    Context& context_;
    std::string program_, device_;
};

Outcome run(const Args& args, Context& context) {
    const std::string unit = args.text("unit"), state = args.text("state"), label = args.text("label");
    const std::int64_t number = args.integer("number");
    if (args.given("number") && number < 1) fail("The partition number must be greater then 0.");
    for (const char* name : {"part_start", "part_end"}) {
        Size size = parse_size(args.text(name));
        static constexpr std::string_view known = "|s|B|KB|KiB|MB|MiB|GB|GiB|TB|TiB|%|cyl|chs|compact|";
        if (!size.unit.starts_with(',') && known.find("|" + size.unit + "|") == std::string_view::npos)
            fail(std::string("The argument '") + name + "' doesn't respect required format.The size unit is case sensitive.", Map{{"err", Value(List{Value(size.value), Value(size.unit)})}});
    }
    Parted parted(args, context);
    Disk disk = parted.look(unit);
    Outcome out;
    std::vector<std::string> scripts;
    auto apply = [&](std::vector<std::string> script) {
        if (script.empty()) return;
        out.changed = true;
        scripts.push_back(Parted::told(script));
        parted.run(script);
    };
    const std::string number_text = std::to_string(number);
    const Value* part = disk.table == label || state == "absent" ? disk.partition(number) : nullptr;
    if (state == "absent") {
        if (part) apply({"rm", number_text});
    } else if (state == "present") {
        std::vector<std::string> script;
        if (!part) {
            script = {"unit", unit};
            if (disk.table != label) script.insert(script.end(), {"mklabel", label});
            script.insert(script.end(), {"mkpart", args.text("part_type")});
            if (args.given("fs_type")) script.push_back(args.text("fs_type"));
            script.insert(script.end(), {args.text("part_start"), args.text("part_end")});
        } else if (args.flag("resize") && !parted.ends_there(number)) {
            script = {"resizepart", number_text, args.text("part_end")};
        }
        apply(std::move(script));
        Disk now = out.changed && !context.check ? parted.look(unit) : disk;
        part = now.table == label ? now.partition(number) : nullptr;   // in check mode a new one has neither name nor flags yet
        if (args.given("name") && (!part || part->find("name")->text_or("") != args.text("name"))) script = {"unit", unit, "name", number_text, "\"" + args.text("name") + "\""};
        else script.clear();
        if (args.given("flags")) {
            auto wanted = args.texts("flags");
            std::vector<std::string> is;
            if (part) for (const auto& flag : part->find("flags")->list()) is.push_back(flag.text_or(""));
            auto has = [](const std::vector<std::string>& list, const std::string& flag) { return std::find(list.begin(), list.end(), flag) != list.end(); };
            if (label == "gpt" && has(wanted, "esp") && !has(wanted, "boot")) wanted.emplace_back("boot");   // one flag under two names
            std::vector<std::string> sets;
            for (const auto& flag : wanted) if (!has(is, flag)) sets.insert(sets.end(), {"set", number_text, flag, "on"});
            for (const auto& flag : is) if (!has(wanted, flag)) sets.insert(sets.end(), {"set", number_text, flag, "off"});
            if (!sets.empty() && script.empty()) script = {"unit", unit};
            script.insert(script.end(), sets.begin(), sets.end());
        }
        apply(std::move(script));
    }
    if (state == "info") scripts.push_back("unit '" + unit + "' print");
    else if (out.changed && !context.check) disk = parted.look(unit);
    return out.set("disk", Value(std::move(disk.about))).set("partitions", Value(std::move(disk.partitions))).set("script", base::join(scripts, " "));
}

}  // namespace

const Module parted_module{
    .name = "parted", .collection = "community.general", .summary = "Have a partition on a disk", .args = args, .rules = rules,
    .check_mode = CheckMode::full, .file_common = false, .free_form = false, .lookahead = true, .run = run, .notes = "Needs parted.",
    .returns = "disk: dev, size, unit, table, model, logical_block, physical_block | success\npartitions: num, begin, end, size, unit, fstype, name, flags of each | success\nscript: what parted was told | success",
    .example = "- parted: {device: /dev/sdb, number: 1, state: present, label: gpt, name: data, part_end: 100GiB}\n"};

}  // namespace fprov::modules
