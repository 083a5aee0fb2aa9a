/* signer: see signer.h. */
#include "engine/core/signer.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

#include "lang/base/base64.h"
#include "lang/base/hash.h"

enum { ED25519 = 1, ED25519_PUBLIC = 32, ED25519_SIGNATURE = 64 };

/* ---- Ed25519 ---- */

static bool ed25519_sign(const struct bf_signer *s, const void *message, size_t len,
                         uint8_t *signature) {
    size_t n = ED25519_SIGNATURE;
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, s->secret, BF_SEED_LEN);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = key && ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
              EVP_DigestSign(ctx, signature, &n, message, len) == 1;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    return ok;
}

static bool ed25519_verify(const struct bf_signer *s, const void *message, size_t len,
                           const uint8_t *signature) {
    EVP_PKEY *key =
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, s->public_key, ED25519_PUBLIC);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = key && ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
              EVP_DigestVerify(ctx, signature, ED25519_SIGNATURE, message, len) == 1;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    return ok;
}

static bool ed25519_public(const uint8_t *seed, uint8_t *out) {
    size_t n = ED25519_PUBLIC;
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, BF_SEED_LEN);
    bool ok = key && EVP_PKEY_get_raw_public_key(key, out, &n) == 1;
    EVP_PKEY_free(key);
    return ok;
}

/* ---- keys ---- */

static bool name_ok(bf_str name) {
    if (name.len == 0 || name.len > BF_KEY_NAME_MAX || bf_utf8_check(name.p, name.len) != name.len)
        return false;
    for (const char *p = name.p, *end = p + name.len; p < end;) {
        uint32_t c;
        p += bf_utf8_decode(p, end, &c);
        bool blank = c <= ' ' || (c >= 0x7F && c <= 0xA0) || c == 0x1680 ||
                     (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
                     c == 0x205F || c == 0x3000;
        if (blank || c == '+')
            return false;
    }
    return true;
}

/* The id ties name, type and key together: the first bytes of SHA-256 over them, whatever the tree's hash is. */
static bool set_public(struct bf_signer *s, bf_str name, const uint8_t *key) {
    struct bf_hasher *h = bf_hasher_new(BF_HASH_SHA256);
    uint8_t id[BF_HASH_LEN], type = ED25519;
    if (!h)
        return false;
    *s = (struct bf_signer){.name = name,
                            .type = type,
                            .public_len = ED25519_PUBLIC,
                            .signature_len = ED25519_SIGNATURE,
                            .verify = ed25519_verify};
    memcpy(s->public_key, key, ED25519_PUBLIC);
    struct bf_part parts[] = {{name.p, name.len}, {"\n", 1}, {&type, 1}, {key, ED25519_PUBLIC}};
    bf_hasher_parts(h, parts, 4, id);
    memcpy(s->id, id, BF_KEY_ID_LEN);
    bf_hasher_free(h);
    return true;
}

enum bf_err bf_seed_new(uint8_t seed[BF_SEED_LEN], struct bf_error *e) {
    if (RAND_priv_bytes(seed, BF_SEED_LEN) != 1)
        return bf_fail(e, BF_EIO, "no random bytes for a key");
    return BF_OK;
}

enum bf_err bf_signer_open(bf_str name, const void *seed, size_t len, struct bf_signer *s,
                           struct bf_error *e) {
    uint8_t key[ED25519_PUBLIC];
    if (len != BF_SEED_LEN)
        return bf_fail(e, BF_EFORMAT, "key: %zu bytes, not %d", len, BF_SEED_LEN);
    if (!name_ok(name))
        return bf_fail(e, BF_EFORMAT, "key: a name is 1 to %d bytes, no blank, no plus sign",
                       BF_KEY_NAME_MAX);
    if (!ed25519_public(seed, key) || !set_public(s, name, key))
        return bf_fail(e, BF_ENOMEM, "key: out of memory");
    memcpy(s->secret, seed, BF_SEED_LEN);
    s->sign = ed25519_sign;
    return BF_OK;
}

void bf_signer_fini(struct bf_signer *s) {
    OPENSSL_cleanse(s->secret, sizeof s->secret);
    s->sign = NULL;
}

void bf_signer_public(const struct bf_signer *s, struct bf_buf *out) {
    char id[2 * BF_KEY_ID_LEN + 1];
    uint8_t key[1 + BF_PUBLIC_MAX] = {s->type};
    memcpy(key + 1, s->public_key, s->public_len);
    bf_hex(s->id, BF_KEY_ID_LEN, id);
    bf_buf_str(out, s->name);
    bf_buf_fmt(out, "+%s+", id);
    bf_base64_put(out, key, 1 + s->public_len);
}

enum bf_err bf_signer_read(bf_str text, struct bf_signer *s, struct bf_error *e) {
    char id[2 * BF_KEY_ID_LEN + 1];
    uint8_t key[1 + ED25519_PUBLIC];
    size_t len;
    const char *plus = text.len ? memchr(text.p, '+', text.len) : NULL;
    bf_str name = {text.p, plus ? (uint32_t)(plus - text.p) : 0};
    if (!plus || !name_ok(name) || text.len - name.len < sizeof id + 1 || plus[sizeof id] != '+')
        return bf_fail(e, BF_EFORMAT, "public key: not of the form NAME+ID+KEY");
    uint32_t before = name.len + 1 + (uint32_t)sizeof id;
    if (!bf_base64_read((bf_str){text.p + before, text.len - before}, key, sizeof key, &len) ||
        len != sizeof key || key[0] != ED25519)
        return bf_fail(e, BF_EFORMAT, "public key: not one of Ed25519");
    if (!set_public(s, name, key + 1))
        return bf_fail(e, BF_ENOMEM, "public key: out of memory");
    bf_hex(s->id, BF_KEY_ID_LEN, id);
    if (memcmp(id, plus + 1, sizeof id - 1) != 0)
        return bf_fail(e, BF_EFORMAT, "public key: the id is not that of the key");
    return BF_OK;
}
