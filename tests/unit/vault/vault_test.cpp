// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "base/files.hpp"
#include "values/python.hpp"
#include "vault/cipher.hpp"
#include "vault/vault.hpp"

using namespace fprov;
using vault::Secret;
using vault::Secrets;

namespace {

// Made by ansible-vault 2.14 with the password "secret"; the second one for the label dev. Both hold "hello: world\n".
const std::string plain_label = R"($ANSIBLE_VAULT;1.1;AES256
64373638633431613434346434643331353762656365643434343261303065636332343166356664
6533623036386661643935353463386232633761303435610a376534323139633063656464313239
37363838653738303633663566623232383364393636643438653530663639323339303862386362
3532623361323739340a626439336532366163363563313865343836373937613838633364663033
3333
)";
const std::string dev_label = R"($ANSIBLE_VAULT;1.2;AES256;dev
32346264343332356333393132373134643539313533393865383466313938333466333234373238
6637636236623462346164663330343965303430613832360a613463353839393162646438646163
61343334343332313230343465343665643835346636643139363330333534643332323531363033
3264323832356235660a643734656165393633356339613363313266633562666561343964613363
6139
)";

Secrets with(std::initializer_list<Secret> list) {
    Secrets out;
    for (const auto& secret : list) out.add(secret);
    return out;
}

struct Folder {
    std::filesystem::path path;
    Folder() {
        char name[] = "/tmp/fprov-vault-XXXXXX";
        path = ::mkdtemp(name);
    }
    ~Folder() { std::filesystem::remove_all(path); }
    std::string file(const std::string& name, const std::string& content, unsigned mode = 0600) {
        const std::string full = path / name;
        REQUIRE(base::write_file_atomic(full, content, mode).ok());
        return full;
    }
};

}  // namespace

TEST_CASE("vault: what ansible-vault made is read, with and without a label") {
    CHECK(vault::decrypt(plain_label, with({{"default", "secret"}})).value() == "hello: world\n");
    CHECK(vault::decrypt(dev_label, with({{"default", "other"}, {"dev", "secret"}})).value() == "hello: world\n");
    CHECK(vault::decrypt(dev_label, with({{"prod", "secret"}})).value() == "hello: world\n");   // a label is a hint, not a condition
    CHECK(vault::decrypt("\n  " + plain_label, with({{"default", "secret"}})).ok());
}

TEST_CASE("vault: refusals say what is missing") {
    CHECK(vault::decrypt(plain_label, {}).error().what == "Attempting to decrypt but no vault secrets found");
    const auto wrong = vault::decrypt(dev_label, with({{"default", "x"}})).error();
    CHECK(wrong.what == "Decryption failed (no vault secrets were found that could decrypt)");
    CHECK(wrong.kind == base::Kind::secret);
    CHECK(wrong.hint == "tried the secret 'default'; the text was encrypted for 'dev'");
    CHECK(vault::decrypt("hello", with({{"default", "x"}})).error().what == "input is not vault encrypted data");
    CHECK(vault::decrypt("$ANSIBLE_VAULT;1.1;AES\n00", with({{"default", "x"}})).error().what == "AES cipher could not be found");
    CHECK(vault::decrypt("$ANSIBLE_VAULT;1.1;AES256\nzz", with({{"default", "x"}})).error().what == "Vault format unhexlify error: Non-hexadecimal digit found");
    std::string changed = plain_label;
    changed[changed.size() - 3] = changed[changed.size() - 3] == '1' ? '2' : '1';
    CHECK_FALSE(vault::decrypt(changed, with({{"default", "secret"}})).ok());
}

TEST_CASE("vault: what is encrypted comes back, and every text differs") {
    const Secret secret{"dev", "päss word"};
    for (const std::string& text : {std::string(), std::string("x"), std::string(15, 'a'), std::string(16, 'b'), std::string("\0\n\xff", 3), std::string(5000, 'c')}) {
        const std::string envelope = vault::encrypt(text, secret);
        CHECK(vault::is_encrypted(envelope));
        CHECK(envelope.starts_with("$ANSIBLE_VAULT;1.2;AES256;dev\n"));
        CHECK(envelope.back() == '\n');
        CHECK(vault::decrypt(envelope, with({secret})).value() == text);
        CHECK(vault::encrypt(text, secret) != envelope);
    }
    CHECK(vault::encrypt("x", {"default", "p"}).starts_with("$ANSIBLE_VAULT;1.1;AES256\n"));
}

TEST_CASE("vault: an encrypted scalar is decrypted when it is used, and not before") {
    const auto secrets = std::make_shared<const Secrets>(with({{"default", "secret"}}));
    const vault::EncryptedText good(plain_label, secrets, {});
    CHECK(good.str() == "hello: world\n");
    CHECK(good.repr() == "'hello: world\\n'");
    CHECK(good.compare(values::Value("hello: world\n")) == 0);
    CHECK(good.length() == 13);
    const base::Place place{base::add_source("vars.yml", "x"), 3, 4};
    const vault::EncryptedText bad(plain_label, std::make_shared<const Secrets>(with({{"default", "no"}})), place);
    try {
        bad.str();
        FAIL("a wrong password was accepted");
    } catch (const base::Failure& failure) {
        CHECK(failure.error().where == place);
        CHECK(failure.error().kind == base::Kind::secret);
    }
}

TEST_CASE("vault: secrets come from files, programs and prompts") {
    Folder folder;
    const auto none = std::function<std::string(const std::string&)>{};
    CHECK(vault::read_secret_source(folder.file("a", "  sec ret \n\n"), "default", none).value() == "sec ret");
    CHECK(vault::read_secret_source(folder.file("b", "#!/bin/sh\nprintf '  sec ret  \\n\\n'\n", 0700), "default", none).value() == "  sec ret  ");
    CHECK(vault::read_secret_source(folder.file("c-client.sh", "#!/bin/sh\necho \"$1=$2\"\n", 0700), "dev", none).value() == "--vault-id=dev");
    const std::string refusing = folder.file("d-client", "#!/bin/sh\necho nope >&2\nexit 2\n", 0700);
    CHECK(vault::read_secret_source(refusing, "dev", none).error().what == "Vault password client script " + refusing + " did not find a secret for vault-id=dev: nope");
    const std::string failing = folder.file("e", "#!/bin/sh\nexit 3\n", 0700);
    CHECK(vault::read_secret_source(failing, "dev", none).error().what == "Vault password script " + failing + " returned non-zero (3): ");
    const std::string empty = folder.file("f", "\n");
    CHECK(vault::read_secret_source(empty, "dev", none).error().what == "Invalid vault password was provided from file (" + empty + ")");
    CHECK(vault::read_secret_source("/no/such", "dev", none).error().what == "The vault password file /no/such was not found");
    std::string asked;
    const auto ask = [&asked](const std::string& prompt) { return asked = prompt, std::string("pw"); };
    CHECK(vault::read_secret_source("prompt", "dev", ask).value() == "pw");
    CHECK(asked == "Vault password (dev): ");
}
