// SPDX-License-Identifier: Apache-2.0
// A program of the build: prints the Unicode tables of the PCRE2 that it is linked with, packed, as C++ for slim_unicode.cpp.
#include <elf.h>

#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "runtime/slim_unpack.hpp"

extern "C" void* pcre2_compile_8(...);   // brings the tables in
void* const volatile keep = reinterpret_cast<void*>(&pcre2_compile_8);

namespace {

using Bytes = std::vector<unsigned char>;

std::vector<unsigned> column(const Bytes& table, std::size_t first, std::size_t stride, bool wide) {
    std::vector<unsigned> out;
    for (std::size_t at = first; at < table.size(); at += stride) out.push_back(wide ? table[at] | table[at + 1] << 8u : table[at]);
    return out;
}

Bytes pack(const std::vector<unsigned>& values) {
    Bytes out;
    unsigned last = 0;
    for (std::size_t i = 0; i < values.size();) {
        const bool ascending = i + 1 < values.size() && values[i + 1] == values[i] + 1;
        std::size_t length = 1;
        while (length < 128 && i + length < values.size() && values[i + length] == values[i + length - 1] + ascending) ++length;
        const int delta = static_cast<int>(values[i]) - static_cast<int>(last);
        if (delta >= -64 && delta < 64) out.push_back(static_cast<unsigned char>(delta + 64));
        else { out.push_back(static_cast<unsigned char>(0x80 | values[i] >> 8)); out.push_back(static_cast<unsigned char>(values[i])); }
        out.push_back(static_cast<unsigned char>((length - 1) | (ascending ? 0x80 : 0)));
        i += length;
        last = values[i - 1];
    }
    return out;
}

void print(const char* what, const std::string& name, const Bytes& bytes) {
    std::printf("%s unsigned char %s[] = {", what, name.c_str());
    for (std::size_t i = 0; i < bytes.size(); ++i) std::printf("%s%u,", i % 40 ? "" : "\n", bytes[i]);
    std::printf("};\n");
}

}  // namespace

int main(int, char** argv) {
    // The sizes of the tables stand in the symbol table of this program.
    Bytes file;
    std::FILE* self = std::fopen(argv[0], "rb");
    if (!self) return 1;
    for (int c; (c = std::fgetc(self)) != EOF;) file.push_back(static_cast<unsigned char>(c));
    const auto* header = reinterpret_cast<const Elf64_Ehdr*>(file.data());
    const auto* sections = reinterpret_cast<const Elf64_Shdr*>(file.data() + header->e_shoff);
    std::string steps;
    int found = 0;
    for (int s = 0; s < header->e_shnum; ++s) {
        if (sections[s].sh_type != SHT_SYMTAB) continue;
        const char* names = reinterpret_cast<const char*>(file.data() + sections[sections[s].sh_link].sh_offset);
        for (std::size_t at = 0; at < sections[s].sh_size; at += sizeof(Elf64_Sym)) {
            const auto& symbol = *reinterpret_cast<const Elf64_Sym*>(file.data() + sections[s].sh_offset + at);
            const std::string name = names + symbol.st_name;
            const auto* data = reinterpret_cast<const unsigned char*>(symbol.st_value);   // not position-independent: the address is the address
            if (name == "_pcre2_unicode_version_8") std::printf("extern \"C\" { const char* %s = \"%s\"; }\n", name.c_str(), *reinterpret_cast<const char* const*>(data));
            if (!name.starts_with("_pcre2_ucd_")) continue;
            ++found;
            const Bytes table(data, data + symbol.st_size);
            const bool wide = name.find("stage") != std::string::npos;
            const std::size_t stride = wide ? 2 : name == "_pcre2_ucd_records_8" ? 12 : 0;
            if (!stride) { print("extern \"C\" { alignas(4) extern const", name, table); std::printf("}\n"); continue; }
            Bytes again(table.size());
            std::printf("extern \"C\" { alignas(4) unsigned char %s[%zu]; }\n", name.c_str(), table.size());
            for (std::size_t first = 0; first < (wide ? 1 : stride); ++first) {
                const Bytes packed = pack(column(table, first, stride, wide));
                fprov::runtime::slim::unpack(packed.data(), packed.size(), again.data() + first, stride, wide);
                const std::string part = "packed" + name + std::to_string(first);
                print("static const", part, packed);
                steps += "    unpack(" + part + ", sizeof " + part + ", " + name + " + " + std::to_string(first) + ", " + std::to_string(stride) + ", " + (wide ? "true" : "false") + ");\n";
            }
            if (again != table) { std::fprintf(stderr, "%s cannot be packed\n", name.c_str()); return 1; }
        }
    }
    if (found < 3) { std::fprintf(stderr, "this PCRE2 has other tables\n"); return 1; }
    std::printf("static void unpack_all() {\n    using fprov::runtime::slim::unpack;\n%s}\n", steps.c_str());
    return 0;
}
