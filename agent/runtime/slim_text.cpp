// SPDX-License-Identifier: Apache-2.0
#include "runtime/slim_text.hpp"

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

namespace fprov::runtime::slim {
namespace {

struct Directive {
    bool left = false, zero = false, plus = false, space = false, alternative = false;
    int width = 0, precision = -1, length = 0;   // length: -2 char, -1 short, 0 int, 1 long and longer
};

class Sink {
public:
    Sink(char* out, std::size_t size) : out_(out), size_(size) {}
    void put(char c) { if (length_ + 1 < size_) out_[length_] = c; ++length_; }
    void put(std::string_view text) { for (char c : text) put(c); }
    void fill(int count, char c) { while (count-- > 0) put(c); }
    /// `prefix` (sign, 0x) stands before zeroes and behind blanks.
    void field(const Directive& d, std::string_view prefix, std::string_view body, bool zero_fill) {
        const int missing = d.width - static_cast<int>(prefix.size() + body.size());
        if (!d.left && !zero_fill) fill(missing, ' ');
        put(prefix);
        if (!d.left && zero_fill) fill(missing, '0');
        put(body);
        if (d.left) fill(missing, ' ');
    }
    int end() {
        if (size_) out_[length_ < size_ ? length_ : size_ - 1] = 0;
        return static_cast<int>(length_);
    }

private:
    char* out_;
    std::size_t size_, length_ = 0;
};

/// All decimal digits of a finite number above zero, exactly: 0.DIGITS × 10^point.
struct Decimal {
    std::string digits;
    int point = 0;

    explicit Decimal(double number) {
        int exponent = 0;
        auto mantissa = static_cast<std::uint64_t>(std::ldexp(std::frexp(number, &exponent), 53));
        exponent -= 53;
        while (mantissa && !(mantissa & 1)) { mantissa >>= 1; ++exponent; }
        std::uint32_t limbs[128] = {};   // of nine digits each, the lowest first
        int used = 0;
        for (; mantissa; mantissa /= 1000000000) limbs[used++] = static_cast<std::uint32_t>(mantissa % 1000000000);
        // m / 2^k = m × 5^k / 10^k
        for (int i = std::abs(exponent); i > 0; --i) {
            std::uint64_t carry = 0;
            for (int at = 0; at < used; ++at) {
                carry += std::uint64_t{limbs[at]} * (exponent < 0 ? 5 : 2);
                limbs[at] = static_cast<std::uint32_t>(carry % 1000000000);
                carry /= 1000000000;
            }
            if (carry) limbs[used++] = static_cast<std::uint32_t>(carry);
        }
        for (int at = used - 1; at >= 0; --at)
            for (std::uint32_t unit = 100000000; unit; unit /= 10) digits += static_cast<char>('0' + limbs[at] / unit % 10);
        const auto lead = digits.find_first_not_of('0');
        digits.erase(0, lead == std::string::npos ? digits.size() : lead);
        point = static_cast<int>(digits.size()) + (exponent < 0 ? exponent : 0);
    }

    /// Keeps this many digits (none or fewer are possible), rounding half to even.
    void round(int keep) {
        if (keep >= static_cast<int>(digits.size())) return;
        if (keep < 0) { digits.clear(); return; }
        const std::size_t kept = static_cast<std::size_t>(keep);
        const bool above = digits[kept] > '5' || (digits[kept] == '5' && digits.find_first_not_of('0', kept + 1) != std::string::npos);
        const bool up = above || (digits[kept] == '5' && keep && ((digits[kept - 1] - '0') & 1));
        digits.resize(kept);
        if (!up) return;
        std::size_t at = kept;
        while (at && digits[at - 1] == '9') digits[--at] = '0';
        if (at) { ++digits[at - 1]; return; }
        digits.insert(0, 1, '1');
        ++point;
    }
    char at(int index) const { return index >= 0 && index < static_cast<int>(digits.size()) ? digits[static_cast<std::size_t>(index)] : '0'; }
};

std::string real_text(double number, int precision, bool scientific, bool upper) {
    if (std::isnan(number)) return upper ? "NAN" : "nan";
    if (std::isinf(number)) return upper ? "INF" : "inf";
    Decimal decimal(number);
    decimal.round(scientific ? precision + 1 : decimal.point + precision);
    std::string out;
    if (scientific) {
        int exponent = decimal.digits.empty() ? 0 : decimal.point - 1;
        out += decimal.at(0);
        if (precision) out += '.';
        for (int i = 1; i <= precision; ++i) out += decimal.at(i);
        out += upper ? 'E' : 'e';
        out += exponent < 0 ? '-' : '+';
        exponent = std::abs(exponent);
        if (exponent < 10) out += '0';
        return out + std::to_string(exponent);
    }
    for (int i = decimal.point > 0 ? 0 : decimal.point - 1; i < decimal.point; ++i) out += decimal.at(i);
    const auto lead = out.find_first_not_of('0');
    out.erase(0, lead == std::string::npos ? out.size() - 1 : lead);
    if (precision) out += '.';
    for (int i = 0; i < precision; ++i) out += decimal.at(decimal.point + i);
    return out;
}

}  // namespace

int format(char* out, std::size_t size, const char* text, va_list values) {
    Sink sink(out, size);
    for (; *text; ++text) {
        if (*text != '%') { sink.put(*text); continue; }
        Directive d;
        for (bool flag = true; flag;) {
            switch (*++text) {
            case '-': d.left = true; break;
            case '0': d.zero = true; break;
            case '+': d.plus = true; break;
            case ' ': d.space = true; break;
            case '#': d.alternative = true; break;
            default: flag = false;
            }
        }
        auto count = [&] {
            int number = 0;
            if (*text == '*') { ++text; return va_arg(values, int); }
            while (*text >= '0' && *text <= '9') number = number * 10 + (*text++ - '0');
            return number;
        };
        d.width = count();
        if (d.width < 0) { d.left = true; d.width = -d.width; }
        if (*text == '.') { ++text; d.precision = count(); }
        for (;; ++text) {
            if (*text == 'h') --d.length;
            else if (*text == 'l' || *text == 'z' || *text == 'j' || *text == 't') d.length = 1;
            else break;
        }
        const char conversion = *text;
        std::string body;
        switch (conversion) {
        case '%': sink.put('%'); break;
        case 'c': body = static_cast<char>(va_arg(values, int)); sink.field(d, "", body, false); break;
        case 's': {
            const char* given = va_arg(values, const char*);
            if (!given) given = "(null)";
            const std::size_t length = d.precision < 0 ? std::strlen(given) : ::strnlen(given, static_cast<std::size_t>(d.precision));
            sink.field(d, "", {given, length}, false);
            break;
        }
        case 'd': case 'i': case 'u': case 'x': case 'X': case 'o': case 'p': {
            const bool is_signed = conversion == 'd' || conversion == 'i';
            std::int64_t number = conversion == 'p' ? static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(va_arg(values, void*)))
                                : d.length > 0      ? va_arg(values, std::int64_t)
                                : is_signed         ? va_arg(values, int)
                                                    : static_cast<std::int64_t>(va_arg(values, unsigned));
            if (d.length == -1) number = is_signed ? static_cast<std::int16_t>(number) : static_cast<std::uint16_t>(number);
            if (d.length <= -2) number = is_signed ? static_cast<std::int8_t>(number) : static_cast<std::uint8_t>(number);
            const bool negative = is_signed && number < 0;
            auto rest = negative ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
            const unsigned base = is_signed || conversion == 'u' ? 10 : conversion == 'o' ? 8 : 16;
            const char* digits = conversion == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";   // indexed at once, g++ 12 gets it wrong with -fsanitize=bounds
            for (auto left = rest; left; left /= base) body.insert(body.begin(), digits[left % base]);
            const int least = d.precision < 0 ? 1 : d.precision;
            if (static_cast<int>(body.size()) < least) body.insert(0, static_cast<std::size_t>(least) - body.size(), '0');
            if (d.alternative && base == 8 && !body.starts_with('0')) body.insert(0, 1, '0');
            const bool hex_mark = conversion == 'p' || (d.alternative && base == 16 && rest);
            sink.field(d, negative ? "-" : is_signed && d.plus ? "+" : is_signed && d.space ? " " : hex_mark ? (conversion == 'X' ? "0X" : "0x") : "", body,
                       d.zero && d.precision < 0);
            break;
        }
        case 'e': case 'E': case 'f': {
            const double number = va_arg(values, double);
            body = real_text(std::fabs(number), d.precision < 0 ? 6 : d.precision, conversion != 'f', conversion == 'E');
            sink.field(d, std::signbit(number) ? "-" : d.plus ? "+" : d.space ? " " : "", body, d.zero && std::isfinite(number));
            break;
        }
        default: std::abort();
        }
    }
    return sink.end();
}

int scan(const char* text, const char* format, va_list targets) {
    const char* at = text;
    int found = 0;
    for (; *format; ++format) {
        if (*format != '%') {
            if (*at != *format) return found;
            ++at;
            continue;
        }
        bool is_short = false;
        if (*++format == 'h') { is_short = true; ++format; }
        if (*format == 'n') { *va_arg(targets, int*) = static_cast<int>(at - text); continue; }
        if (*format != 'u' && *format != 'd') return found;
        const char* start = at;
        while (*start == ' ' || (*start >= '\t' && *start <= '\r')) ++start;
        char* end = nullptr;
        const long number = std::strtol(start, &end, 10);
        if (end == start) return found || *start ? found : -1;
        if (is_short) *va_arg(targets, unsigned short*) = static_cast<unsigned short>(number);
        else *va_arg(targets, int*) = static_cast<int>(number);
        at = end;
        ++found;
    }
    return found;
}

}  // namespace fprov::runtime::slim
