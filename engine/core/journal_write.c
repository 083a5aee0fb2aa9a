/* journal_write: the journal file, written; see journal_file.h. */
#include <string.h>

#include "engine/core/journal_file.h"
#include "lang/base/mem.h"

struct bf_journal_out {
    struct bf_sink to;
    struct bf_hasher *hasher;
    struct bf_merkle tree;
    struct bf_buf line; /* on the heap */
};

static void hex(struct bf_buf *b, const uint8_t *p, size_t n) {
    char text[2 * BF_ENTRY_HEAD + 1];
    bf_hex(p, n, text);
    bf_buf_char(b, ' ');
    bf_buf_put(b, text, 2 * n);
}

static void base64(struct bf_buf *b, const uint8_t *p, size_t n) {
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    bf_buf_char(b, ' ');
    for (size_t i = 0; i < n; i += 3) {
        uint32_t bits = (uint32_t)p[i] << 16;
        bits |= i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0;
        bits |= i + 2 < n ? p[i + 2] : 0;
        char four[4] = {digit[bits >> 18], digit[bits >> 12 & 63], '=', '='};
        if (i + 1 < n)
            four[2] = digit[bits >> 6 & 63];
        if (i + 2 < n)
            four[3] = digit[bits & 63];
        bf_buf_put(b, four, 4);
    }
}

static void begin(struct bf_journal_out *o, const char *word) {
    o->line.len = 0;
    bf_buf_z(&o->line, word);
}

static enum bf_err put(struct bf_journal_out *o, struct bf_error *e) {
    bf_buf_char(&o->line, '\n');
    if (o->line.failed)
        return bf_fail(e, BF_ENOMEM, "out of memory");
    return o->to.write(o->to.ctx, o->line.p, o->line.len, e);
}

enum bf_err bf_journal_out_open(const struct bf_sink *to, enum bf_hash hash,
                                struct bf_journal_out **out, struct bf_error *e) {
    struct bf_journal_out *o = bf_malloc(sizeof *o);
    struct bf_hasher *h = bf_hasher_new(hash);
    if (!o || !h) {
        bf_free(o);
        bf_hasher_free(h);
        return bf_fail(e, BF_ENOMEM, "out of memory");
    }
    o->to = *to;
    o->hasher = h;
    bf_merkle_init(&o->tree, h);
    bf_buf_init(&o->line);
    begin(o, "banfa journal ");
    bf_buf_fmt(&o->line, "%d %s", BF_JOURNAL_FORMAT, bf_hash_word(hash));
    enum bf_err err = put(o, e);
    if (err)
        bf_journal_out_free(o);
    else
        *out = o;
    return err;
}

enum bf_err bf_journal_out_image(struct bf_journal_out *o, const struct bf_image *m,
                                 struct bf_error *e) {
    begin(o, "image");
    hex(&o->line, m->hash, BF_SHA256_LEN);
    base64(&o->line, m->bytes, m->size);
    return put(o, e);
}

enum bf_err bf_journal_out_calendar(struct bf_journal_out *o, bf_str name, bf_str bytes,
                                    struct bf_error *e) {
    uint8_t hash[BF_SHA256_LEN];
    bf_sha256(bytes.p, bytes.len, hash);
    begin(o, "calendar");
    hex(&o->line, hash, sizeof hash);
    bf_buf_char(&o->line, ' ');
    bf_buf_str(&o->line, name);
    base64(&o->line, (const uint8_t *)bytes.p, bytes.len);
    return put(o, e);
}

static void add_leaf(struct bf_journal_out *o, const uint8_t head[BF_ENTRY_HEAD],
                     const uint8_t body_hash[BF_HASH_LEN]) {
    uint8_t leaf[BF_HASH_LEN], tiles[BF_TILE_LEVELS][BF_HASH_LEN];
    bf_merkle_leaf(o->hasher, head, BF_ENTRY_HEAD, body_hash, leaf);
    bf_merkle_append(&o->tree, leaf, tiles);
}

enum bf_err bf_journal_out_row(struct bf_journal_out *o, const uint8_t head[BF_ENTRY_HEAD],
                               const uint8_t salt[BF_MERKLE_SALT], bf_str body,
                               struct bf_error *e) {
    uint8_t body_hash[BF_HASH_LEN];
    bf_merkle_body(o->hasher, salt, body.p, body.len, body_hash);
    add_leaf(o, head, body_hash);
    begin(o, "row");
    hex(&o->line, head, BF_ENTRY_HEAD);
    hex(&o->line, salt, BF_MERKLE_SALT);
    bf_buf_char(&o->line, ' ');
    bf_buf_str(&o->line, body);
    return put(o, e);
}

enum bf_err bf_journal_out_gone(struct bf_journal_out *o, const uint8_t head[BF_ENTRY_HEAD],
                                const uint8_t body_hash[BF_HASH_LEN], struct bf_error *e) {
    add_leaf(o, head, body_hash);
    begin(o, "gone");
    hex(&o->line, head, BF_ENTRY_HEAD);
    hex(&o->line, body_hash, BF_HASH_LEN);
    return put(o, e);
}

enum bf_err bf_journal_out_end(struct bf_journal_out *o, struct bf_error *e) {
    uint8_t root[BF_HASH_LEN];
    bf_merkle_root(&o->tree, root);
    begin(o, "end");
    bf_buf_fmt(&o->line, " %llu", (unsigned long long)o->tree.size);
    hex(&o->line, root, sizeof root);
    return put(o, e);
}

void bf_journal_out_free(struct bf_journal_out *o) {
    if (!o)
        return;
    bf_hasher_free(o->hasher);
    bf_buf_fini(&o->line);
    bf_free(o);
}
