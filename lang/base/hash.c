/* hash: see hash.h. */
#include "lang/base/hash.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <pthread.h>

#include "lang/base/assert.h"
#include "lang/base/mem.h"

_Static_assert(BF_SHA256_LEN == SHA256_DIGEST_LENGTH, "length of SHA-256");

/* SHA256() looks the algorithm up by its name each time, which takes longer than most of what is hashed here; so does
** making a context, of which each thread keeps one. */
static EVP_MD *sha256;
static pthread_key_t contexts;
static pthread_once_t sha256_once = PTHREAD_ONCE_INIT;

static void forget_context(void *ctx) { EVP_MD_CTX_free(ctx); }

static void fetch_sha256(void) {
    int failed = pthread_key_create(&contexts, forget_context);
    BF_ASSERT(!failed);
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
}

static EVP_MD_CTX *context(void) {
    EVP_MD_CTX *ctx = pthread_getspecific(contexts);
    if (ctx || !(ctx = EVP_MD_CTX_new()))
        return ctx;
    if (pthread_setspecific(contexts, ctx) == 0)
        return ctx;
    EVP_MD_CTX_free(ctx);
    return NULL;
}

void bf_sha256(const void *p, size_t len, uint8_t out[BF_SHA256_LEN]) {
    pthread_once(&sha256_once, fetch_sha256);
    EVP_MD_CTX *ctx = context();
    int ok = sha256 && ctx && EVP_DigestInit_ex2(ctx, sha256, NULL) &&
             EVP_DigestUpdate(ctx, p, len) && EVP_DigestFinal_ex(ctx, out, NULL);
    BF_ASSERT(ok);
}

void bf_hex(const uint8_t *p, size_t len, char *out) {
    static const char digit[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        *out++ = digit[p[i] >> 4];
        *out++ = digit[p[i] & 15];
    }
    *out = 0;
}

const char *bf_hash_word(enum bf_hash hash) {
    switch (hash) {
    case BF_HASH_SHA256: return "sha256";
    case BF_HASH_SM3: return "sm3";
    }
    return NULL;
}

struct bf_hasher {
    enum bf_hash kind;
    EVP_MD *md;
    EVP_MD_CTX *ctx;
};

struct bf_hasher *bf_hasher_new(enum bf_hash hash) {
    const char *word = bf_hash_word(hash);
    struct bf_hasher *h = word ? bf_malloc(sizeof *h) : NULL;
    if (!h)
        return NULL;
    h->kind = hash;
    h->md = EVP_MD_fetch(NULL, word, NULL);
    h->ctx = EVP_MD_CTX_new();
    /* Started once, the context keeps what it needs: starting it again allocates nothing. */
    if (!h->md || !h->ctx || EVP_MD_get_size(h->md) != BF_HASH_LEN ||
        !EVP_DigestInit_ex2(h->ctx, h->md, NULL)) {
        bf_hasher_free(h);
        return NULL;
    }
    return h;
}

void bf_hasher_free(struct bf_hasher *h) {
    if (!h)
        return;
    EVP_MD_CTX_free(h->ctx);
    EVP_MD_free(h->md);
    bf_free(h);
}

enum bf_hash bf_hasher_kind(const struct bf_hasher *h) { return h->kind; }

void bf_hasher_parts(struct bf_hasher *h, const struct bf_part *parts, size_t count,
                     uint8_t out[BF_HASH_LEN]) {
    int ok = EVP_DigestInit_ex2(h->ctx, NULL, NULL);
    for (size_t i = 0; ok && i < count; i++)
        ok = EVP_DigestUpdate(h->ctx, parts[i].p, parts[i].len);
    ok = ok && EVP_DigestFinal_ex(h->ctx, out, NULL);
    BF_ASSERT(ok);
}
