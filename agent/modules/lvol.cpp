// SPDX-License-Identifier: Apache-2.0
// lvol: an LVM logical volume, snapshot, thin pool or thin volume.
#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "modules/support/accounts.hpp"
#include "modules/support/lvm.hpp"
#include "values/python.hpp"

namespace fprov::modules {
extern const Module lvol_module;
namespace {

using spec::Type;

constexpr Arg args[] = {
    {.name = "vg", .help = "The volume group", .required = true},
    {.name = "lv", .help = "The logical volume; the origin of a snapshot"},
    {.name = "size", .help = "Its size: megabytes, a number with a unit, or a percentage of VG, PVS or FREE; + and - change it by that much"},
    {.name = "opts", .help = "More options for lvcreate"},
    {.name = "state", .help = "Whether the volume exists", .fallback = "present", .choices = "absent|present"},
    {.name = "force", .type = Type::boolean, .help = "Allow to shrink and to remove", .fallback = "no"},
    {.name = "shrink", .type = Type::boolean, .help = "Shrink what is larger than wanted", .fallback = "yes"},
    {.name = "active", .type = Type::boolean, .help = "Whether the host sees the volume", .fallback = "yes"},
    {.name = "snapshot", .help = "Name of a snapshot of lv"},
    {.name = "pvs", .help = "Physical volumes to use, separated by commas"},
    {.name = "resizefs", .type = Type::boolean, .help = "Resize the file system along", .fallback = "no"},
    {.name = "thinpool", .help = "Name of a thin pool; with lv the volume is a thin one in it"},
};
constexpr Rule rules[] = {{Rule::Kind::required_one_of, "lv,thinpool"}};

struct Size {
    char sign = 0;
    std::string text, unit = "m", whole;   // text: the number; whole: VG, PVS, FREE, ORIGIN of a percentage
    double number = 0;
    bool given = false;
    bool percent() const { return !whole.empty(); }
    std::string words() const { return (sign ? std::string(1, sign) : "") + text + (percent() ? "%" + whole : unit); }
    const char* option() const { return percent() ? "-l" : "-L"; }
    /// Bytes of a unit: small letters are powers of 1024, capital ones of 1000, s is a sector.
    double factor() const {
        const char letter = unit[0], small = static_cast<char>(letter | 0x20);
        if (small == 'b') return 1;
        if (small == 's') return 512;
        return std::pow(letter == small ? 1024.0 : 1000.0, static_cast<double>(std::string_view("kmgtpe").find(small) + 1));
    }
};

Size parse_size(const std::string& text, bool snapshot) {
    Size size;
    if (text.empty()) return size;
    size.given = true;
    std::string rest = text;
    if (rest[0] == '+' || rest[0] == '-') { size.sign = rest[0]; rest.erase(0, 1); }
    if (auto percent = rest.find('%'); percent != std::string::npos) {
        size.text = rest.substr(0, percent);
        auto number = base::parse_double(size.text);
        if (!number) fail("Bad size specification of '" + text + "'");
        if (*number > 100) fail("Size percentage cannot be larger than 100%");
        size.number = *number;
        size.whole = rest.substr(percent + 1);
        const auto& whole = size.whole;
        if (whole != "VG" && whole != "PVS" && whole != "FREE" && !(snapshot && whole == "ORIGIN"))
            fail("Specify extents as a percentage of VG|PVS|FREE" + std::string(snapshot ? "|ORIGIN" : ""));
        return size;
    }
    if (!rest.empty() && std::string_view("bskmgtpe").find(base::lower(rest.substr(rest.size() - 1))) != std::string_view::npos) {
        size.unit = rest.substr(rest.size() - 1);
        rest.pop_back();
    }
    auto number = rest.empty() || !std::isdigit(static_cast<unsigned char>(rest[0])) ? std::nullopt : base::parse_double(rest);
    if (!number) fail("Bad size specification of '" + text + "'");
    size.text = rest;
    size.number = *number;
    return size;
}

class Volume {
public:
    Volume(const Args& args, Context& context)
        : args_(args), context_(context), group_(args.text("vg")), lv_(args.text("lv")), pool_(args.text("thinpool")), snapshot_(args.text("snapshot")),
          name_(!snapshot_.empty() ? snapshot_ : !lv_.empty() ? lv_ : pool_), size_(parse_size(args.text("size"), !snapshot_.empty())) {}

    Outcome run() {
        const bool present = args_.text("state") == "present";
        auto group = context_.must_run({required_program(context_, "vgs"), "--noheadings", "--nosuffix", "--separator", ";", "--units", "b", "-o", "vg_size,vg_free,vg_extent_size", group_}, false);
        auto fields = base::split(base::trim(group.output), ';');
        if (group.code != 0 || fields.size() < 3) {
            const std::string sentence = "Volume group " + group_ + " does not exist.";
            if (!present) return out_.set("stdout", sentence);
            fail(sentence, Map{{"rc", group.code}, {"err", Value(group.error_output)}});
        }
        total_ = number(fields[0]);
        free_ = number(fields[1]);
        extent_ = number(fields[2]);
        for (auto& row : lvm_report(context_, "lvs", "lv_name,lv_size,lv_attr", {"-a", "--units", "b", group_})) {
            if (row[0].starts_with('[')) row[0] = row[0].substr(1, row[0].size() - 2);   // hidden ones
            found_.push_back(std::move(row));
        }
        const auto* is = find(name_);
        if (!present) return absent(is);
        if (!is) return create();
        const double now = number((*is)[1]);
        if (size_.given) resize(now);
        const bool active = (*is)[2].size() > 4 && (*is)[2][4] == 'a', wanted = args_.flag("active");
        if (active != wanted) {
            const std::string verb = wanted ? "activate" : "deactivate";
            act({"lvchange", wanted ? "-ay" : "-an", group_ + "/" + name_}, "Failed to " + verb + " logical volume " + name_);
        }
        return out_.set("vg", group_).set("lv", name_).set("size", in_unit(now));
    }

private:
    double in_unit(double bytes) const { return std::round(bytes / size_.factor() * 100) / 100; }
    static double number(const std::string& text) { return base::parse_double(base::trim(text)).value_or(0); }
    const std::vector<std::string>* find(const std::string& name) const {
        auto at = std::find_if(found_.begin(), found_.end(), [&](const auto& row) { return row[0] == name; });
        return at == found_.end() ? nullptr : &*at;
    }

    void act(std::vector<std::string> argv, const std::string& sentence) {
        out_.changed = true;
        if (context_.check) return;
        argv[0] = required_program(context_, argv[0]);
        auto ran = run_program(context_, std::move(argv));
        if (ran.code != 0) fail(sentence, Map{{"rc", ran.code}, {"err", Value(ran.error_output)}});
    }

    Outcome absent(const std::vector<std::string>* is) {
        if (!is) return out_.set("msg", "");
        if (!args_.flag("force")) fail("Sorry, no removal of logical volume " + name_ + " without force=true.");
        act({"lvremove", "--force", group_ + "/" + name_}, "Failed to remove logical volume " + name_);
        return out_;
    }

    std::vector<std::string> pvs() const { return args_.text("pvs").empty() ? std::vector<std::string>() : base::split(args_.text("pvs"), ','); }

    Outcome create() {
        const bool thin = !pool_.empty() && !lv_.empty() && snapshot_.empty();
        if (!snapshot_.empty() && !find(lv_)) fail("Snapshot origin LV " + lv_ + " does not exist in volume group " + group_ + ".");
        if (thin && !find(pool_)) fail("Thin pool LV " + pool_ + " does not exist in volume group " + group_ + ".");
        // A snapshot of a thin volume needs no size.
        if (!size_.given && (snapshot_.empty() || (*find(lv_))[2].starts_with('V') == false)) fail("No size given.");
        if (size_.sign) fail("Bad size specification of '" + args_.text("size") + "': the volume " + name_ + " is new");
        if (thin && size_.percent()) fail("Thin volume sizing with percentage not supported.");
        std::vector<std::string> argv{"lvcreate", "--yes"};
        auto add = [&](std::vector<std::string> words) { argv.insert(argv.end(), words.begin(), words.end()); };
        if (!snapshot_.empty() || !lv_.empty()) add({"-n", name_});
        if (!snapshot_.empty()) add({"-s"});
        if (size_.given) add({thin ? "-V" : size_.option(), size_.words()});
        auto opts = base::shell_split(args_.text("opts"));
        if (!opts) fail("opts has an unclosed quote: " + args_.text("opts"));
        add(*opts);
        if (!snapshot_.empty()) add({group_ + "/" + lv_});
        else if (!pool_.empty()) add({"-T", group_ + "/" + pool_});
        else add({group_});
        if (!thin) add(pvs());
        act(std::move(argv), "Creating logical volume '" + (lv_.empty() ? pool_ : lv_) + "' failed");
        if (!args_.flag("active")) act({"lvchange", "-an", group_ + "/" + name_}, "Failed to deactivate logical volume " + name_);
        return out_.set("msg", "");
    }

    /// Whole extents; LVM rounds sizes up and percentages down.
    double in_extents(double size) const {
        const double count = size / extent_;
        return extent_ * (size_.percent() ? std::floor(count + 1e-6) : std::ceil(count - 1e-6));
    }

    void resize(double now) {
        double wanted = size_.percent() ? size_.number : size_.number * size_.factor();
        std::string words = size_.words();
        const char* option = size_.option();
        if (size_.percent()) {
            double whole = size_.whole == "FREE" ? free_ : total_;
            if (size_.whole == "ORIGIN") whole = find(lv_) ? number((*find(lv_))[1]) : 0;
            // What the volume has taken is free for itself: a second run finds what the first one made.
            if (size_.whole == "FREE" && !size_.sign) whole += now;
            wanted = whole * wanted / 100;
        }
        wanted = in_extents(wanted);
        if (size_.sign == '+') wanted = now + wanted;
        if (size_.sign == '-') wanted = now - wanted;
        if (size_.percent() && size_.whole == "FREE" && !size_.sign) words = std::to_string(static_cast<std::int64_t>(wanted / extent_ + 0.5));
        std::vector<std::string> argv;
        if (wanted > now) {
            if (size_.percent() && wanted - now > free_)
                fail("Logical Volume " + name_ + " could not be extended. Not enough free space left (" + values::str(Value(in_unit(wanted - now))) + size_.unit + " required / " +
                     values::str(Value(in_unit(free_))) + size_.unit + " available)");
            argv = {"lvextend"};
        } else if (now > wanted && (args_.flag("shrink") || size_.sign == '-')) {
            if (wanted < extent_ / 2) fail("Sorry, no shrinking of " + name_ + " to 0 permitted.");
            if (!args_.flag("force")) fail("Sorry, no shrinking of " + name_ + " without force=true" + (size_.percent() ? "" : "."));
            argv = {"lvreduce", "--force"};
        } else {
            return;
        }
        if (args_.flag("resizefs")) argv.emplace_back("--resizefs");
        argv.insert(argv.end(), {option, words, group_ + "/" + name_});
        if (argv[0] == "lvextend") for (auto& device : pvs()) argv.push_back(std::move(device));
        act(std::move(argv), "Unable to resize " + name_ + " to " + args_.text("size"));
    }

    const Args& args_;
    Context& context_;
    std::string group_, lv_, pool_, snapshot_, name_;
    Size size_;
    double total_ = 0, free_ = 0, extent_ = 1;                // bytes, as all sizes here
    std::vector<std::vector<std::string>> found_;   // name, size, attributes
    Outcome out_;
};

Outcome run(const Args& args, Context& context) { return Volume(args, context).run(); }

}  // namespace

const Module lvol_module{
    .name = "lvol", .collection = "community.general", .summary = "Have an LVM logical volume", .args = args, .rules = rules,
    .check_mode = CheckMode::full, .file_common = false, .free_form = false, .lookahead = true, .run = run,
    .notes = "A size is compared in whole extents, and N%FREE counts what the volume has itself: a second run changes nothing.",
    .returns = "vg, lv, size: the volume that was there, with its size before | when it was there", .example = "- lvol: {vg: data, lv: fate, size: 100%FREE}\n"};

}  // namespace fprov::modules
