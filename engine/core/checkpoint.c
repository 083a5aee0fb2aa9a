/* checkpoint: see checkpoint.h. */
#include "engine/core/checkpoint.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lang/base/base64.h"

static const char dash[] = "\xE2\x80\x94 "; /* what a signature line begins with */

/* ---- reading lines ---- */

struct lines {
    const char *p, *end;
    const char *what; /* is read: begins an error's text */
    int number;
    struct bf_error *e;
};

static struct lines lines_of(bf_str bytes, const char *what, struct bf_error *e) {
    const char *p = bytes.len ? bytes.p : "";
    return (struct lines){p, p + bytes.len, what, 0, e};
}

static enum bf_err wrong(const struct lines *in, const char *why) {
    return bf_fail(in->e, BF_EFORMAT, "%s: line %d: %s", in->what, in->number, why);
}

/* The next line, without its end. */
static enum bf_err next_line(struct lines *in, bf_str *line) {
    const char *nl = in->p < in->end ? memchr(in->p, '\n', (size_t)(in->end - in->p)) : NULL;
    in->number++;
    if (!nl)
        return wrong(in, in->p < in->end ? "does not end" : "is missing");
    *line = (bf_str){in->p, (uint32_t)(nl - in->p)};
    in->p = nl + 1;
    return BF_OK;
}

/* The next line, which is "WORD VALUE"; the value. */
static enum bf_err next_value(struct lines *in, const char *word, bf_str *value) {
    size_t n = strlen(word);
    enum bf_err err = next_line(in, value);
    if (err)
        return err;
    if (value->len <= n || memcmp(value->p, word, n) != 0 || value->p[n] != ' ')
        return bf_fail(in->e, BF_EFORMAT, "%s: line %d: \"%s\" must stand here", in->what,
                       in->number, word);
    *value = (bf_str){value->p + n + 1, value->len - (uint32_t)n - 1};
    return BF_OK;
}

/* A decimal as it is written here: no sign, no leading zero. */
static enum bf_err decimal(const struct lines *in, bf_str text, uint64_t *out) {
    uint64_t n = 0;
    bool ok = text.len > 0 && text.len <= 19 && (text.len == 1 || text.p[0] != '0');
    for (uint32_t i = 0; ok && i < text.len; i++) {
        ok = text.p[i] >= '0' && text.p[i] <= '9';
        n = n * 10 + (uint64_t)(text.p[i] - '0');
    }
    if (!ok || n > BF_MERKLE_SIZE_MAX)
        return wrong(in, "not a number");
    *out = n;
    return BF_OK;
}

static enum bf_err bytes_of(const struct lines *in, bf_str text, uint8_t *out, size_t len) {
    size_t n;
    if (!bf_base64_read(text, out, len, &n) || n != len)
        return wrong(in, "not the right number of bytes in base64");
    return BF_OK;
}

/* A text of lines: UTF-8, and no control character but the line's end. */
static enum bf_err check_text(bf_str bytes, size_t max, const struct lines *in) {
    if (bytes.len > max)
        return bf_fail(in->e, BF_EFORMAT, "%s: longer than %zu bytes", in->what, max);
    bool ok = bytes.len == 0 || bf_utf8_check(bytes.p, bytes.len) == bytes.len;
    for (uint32_t i = 0; ok && i < bytes.len; i++)
        ok = bytes.p[i] == '\n' || ((unsigned char)bytes.p[i] >= ' ' && bytes.p[i] != 0x7F);
    return ok ? BF_OK : bf_fail(in->e, BF_EFORMAT, "%s: not a text", in->what);
}

/* ---- checkpoints ---- */

enum bf_err bf_checkpoint_write(const struct bf_checkpoint *c, const struct bf_signer *key,
                                struct bf_buf *out, struct bf_error *e) {
    struct lines in = {.what = "origin", .e = e};
    uint8_t signed_id[BF_KEY_ID_LEN + BF_SIGNATURE_MAX];
    size_t start = out->len;
    enum bf_err err = check_text(c->origin, BF_ORIGIN_MAX, &in);
    if (err)
        return err;
    if (c->origin.len == 0 || memchr(c->origin.p, '\n', c->origin.len))
        return bf_fail(e, BF_EFORMAT, "origin: not one line");
    bf_buf_str(out, c->origin);
    bf_buf_fmt(out, "\n%" PRIu64 "\n", c->size);
    bf_base64_put(out, c->root, BF_HASH_LEN);
    bf_buf_char(out, '\n');
    if (out->failed)
        return bf_fail(e, BF_ENOMEM, "out of memory");
    memcpy(signed_id, key->id, BF_KEY_ID_LEN);
    if (!key->sign || !key->sign(key, out->p + start, out->len - start, signed_id + BF_KEY_ID_LEN))
        return bf_fail(e, BF_EIO, "checkpoint: the key does not sign");
    bf_buf_char(out, '\n');
    bf_buf_z(out, dash);
    bf_buf_str(out, key->name);
    bf_buf_char(out, ' ');
    bf_base64_put(out, signed_id, BF_KEY_ID_LEN + key->signature_len);
    bf_buf_char(out, '\n');
    return out->failed ? bf_fail(e, BF_ENOMEM, "out of memory") : BF_OK;
}

/* One signature line. *ours: by this key, and right. */
static enum bf_err read_signature(struct lines *in, bf_str text, const struct bf_signer *key,
                                  bool *ours) {
    uint8_t sig[BF_CHECKPOINT_MAX / 4];
    size_t len;
    bf_str line;
    enum bf_err err = next_line(in, &line);
    if (err)
        return err;
    const char *name = line.p + sizeof dash - 1;
    const char *blank = line.len > sizeof dash && memcmp(line.p, dash, sizeof dash - 1) == 0
                            ? memchr(name, ' ', line.len - (sizeof dash - 1))
                            : NULL;
    if (!blank || blank == name)
        return wrong(in, "not a signature");
    bf_str encoded = {blank + 1, (uint32_t)(line.p + line.len - blank - 1)};
    if (!bf_base64_read(encoded, sig, sizeof sig, &len) || len <= BF_KEY_ID_LEN)
        return wrong(in, "not a signature");
    if (!bf_str_eq((bf_str){name, (uint32_t)(blank - name)}, key->name) ||
        memcmp(sig, key->id, BF_KEY_ID_LEN) != 0)
        return BF_OK;
    if (len != BF_KEY_ID_LEN + key->signature_len ||
        !key->verify(key, text.p, text.len, sig + BF_KEY_ID_LEN))
        return wrong(in, "the signature is wrong");
    *ours = true;
    return BF_OK;
}

static enum bf_err read_checkpoint(struct lines *in, struct bf_checkpoint *c) {
    bf_str line;
    enum bf_err err = next_line(in, &c->origin);
    if (!err && (c->origin.len == 0 || c->origin.len > BF_ORIGIN_MAX))
        err = wrong(in, "not an origin");
    if (!err)
        err = next_line(in, &line);
    if (!err)
        err = decimal(in, line, &c->size);
    if (!err)
        err = next_line(in, &line);
    return err ? err : bytes_of(in, line, c->root, BF_HASH_LEN);
}

enum bf_err bf_checkpoint_verify(bf_str bytes, const struct bf_signer *key, struct bf_checkpoint *c,
                                 struct bf_error *e) {
    struct lines in = lines_of(bytes, "checkpoint", e);
    struct bf_checkpoint read;
    bool ours = false;
    bf_str line;
    enum bf_err err = check_text(bytes, BF_CHECKPOINT_MAX, &in);
    if (!err)
        err = read_checkpoint(&in, &read);
    bf_str text = {bytes.p, bytes.len - (uint32_t)(in.end - in.p)};
    if (!err)
        err = next_line(&in, &line);
    if (!err && line.len)
        err = wrong(&in, "must be empty");
    while (!err && in.p < in.end)
        err = read_signature(&in, text, key, &ours);
    if (err)
        return err;
    if (!ours)
        return bf_fail(e, BF_EFORMAT, "checkpoint: not signed by %.*s", (int)key->name.len,
                       key->name.p);
    *c = read;
    return BF_OK;
}

/* ---- receipts ---- */

static const char first_line[] = "banfa receipt 1";

static void put_line(struct bf_buf *out, const char *word, const void *p, size_t len) {
    bf_buf_z(out, word);
    bf_base64_put(out, p, len);
    bf_buf_char(out, '\n');
}

void bf_receipt_write(const struct bf_receipt *r, struct bf_buf *out) {
    bf_buf_fmt(out, "%s\nhash %s\n", first_line, bf_hash_word(r->hash));
    put_line(out, "header ", r->head, r->head_len);
    if (r->has_salt)
        put_line(out, "salt ", r->salt, BF_MERKLE_SALT);
    put_line(out, "body ", r->body_hash, BF_HASH_LEN);
    bf_buf_fmt(out, "index %" PRIu64 "\n", r->index);
    for (uint32_t i = 0; i < r->proof.count; i++)
        put_line(out, "", r->proof.hash[i], BF_HASH_LEN);
    bf_buf_char(out, '\n');
    bf_buf_str(out, r->note);
}

static enum bf_err read_hash(struct lines *in, enum bf_hash *out) {
    bf_str value;
    enum bf_err err = next_value(in, "hash", &value);
    if (err)
        return err;
    for (int h = BF_HASH_SHA256; h <= BF_HASH_SM3; h++)
        if (bf_str_eq(value, bf_str_of(bf_hash_word((enum bf_hash)h)))) {
            *out = (enum bf_hash)h;
            return BF_OK;
        }
    return wrong(in, "no such hash");
}

static enum bf_err read_row(struct lines *in, struct bf_receipt *r) {
    bf_str value;
    size_t len = 0;
    enum bf_err err = next_value(in, "header", &value);
    if (!err && (!bf_base64_read(value, r->head, sizeof r->head, &len) || len == 0))
        err = wrong(in, "not a header in base64");
    r->head_len = (uint32_t)len;
    r->has_salt = (size_t)(in->end - in->p) > 5 && memcmp(in->p, "salt ", 5) == 0;
    if (!err && r->has_salt) {
        err = next_value(in, "salt", &value);
        if (!err)
            err = bytes_of(in, value, r->salt, BF_MERKLE_SALT);
    }
    if (!err)
        err = next_value(in, "body", &value);
    if (!err)
        err = bytes_of(in, value, r->body_hash, BF_HASH_LEN);
    if (!err)
        err = next_value(in, "index", &value);
    return err ? err : decimal(in, value, &r->index);
}

static enum bf_err read_proof(struct lines *in, struct bf_merkle_proof *proof) {
    for (proof->count = 0;; proof->count++) {
        bf_str line;
        enum bf_err err = next_line(in, &line);
        if (err || line.len == 0)
            return err;
        if (proof->count == BF_MERKLE_PROOF)
            return wrong(in, "the proof is too long");
        err = bytes_of(in, line, proof->hash[proof->count], BF_HASH_LEN);
        if (err)
            return err;
    }
}

static enum bf_err read_receipt(struct lines *in, struct bf_receipt *r) {
    bf_str line;
    enum bf_err err = next_line(in, &line);
    if (!err && !bf_str_eq(line, bf_str_of(first_line)))
        err = bf_fail(in->e, BF_EFORMAT, "receipt: does not begin with \"%s\"", first_line);
    if (!err)
        err = read_hash(in, &r->hash);
    if (!err)
        err = read_row(in, r);
    if (!err)
        err = read_proof(in, &r->proof);
    r->note = (bf_str){in->p, (uint32_t)(in->end - in->p)};
    return err;
}

enum bf_err bf_receipt_verify(bf_str bytes, const struct bf_signer *key, struct bf_receipt *r,
                              struct bf_error *e) {
    struct lines in = lines_of(bytes, "receipt", e);
    uint8_t leaf[BF_HASH_LEN];
    enum bf_err err = check_text(bytes, BF_RECEIPT_MAX, &in);
    if (!err)
        err = read_receipt(&in, r);
    if (!err)
        err = bf_checkpoint_verify(r->note, key, &r->checkpoint, e);
    if (err)
        return err;
    struct bf_hasher *h = bf_hasher_new(r->hash);
    if (!h)
        return bf_fail(e, BF_ENOMEM, "receipt: cannot hash by %s", bf_hash_word(r->hash));
    bf_merkle_leaf(h, r->head, r->head_len, r->body_hash, leaf);
    bool included =
        bf_merkle_included(h, r->index, r->checkpoint.size, leaf, &r->proof, r->checkpoint.root);
    bf_hasher_free(h);
    return included ? BF_OK
                    : bf_fail(e, BF_EFORMAT, "receipt: the row is not in the checkpoint's tree");
}

enum bf_err bf_receipt_body(const struct bf_receipt *r, bf_str body, struct bf_error *e) {
    uint8_t hash[BF_HASH_LEN];
    if (!r->has_salt)
        return bf_fail(e, BF_EFORMAT, "receipt: it has no salt, the body was dropped");
    struct bf_hasher *h = bf_hasher_new(r->hash);
    if (!h)
        return bf_fail(e, BF_ENOMEM, "receipt: cannot hash by %s", bf_hash_word(r->hash));
    bf_merkle_body(h, r->salt, body.p, body.len, hash);
    bf_hasher_free(h);
    return memcmp(hash, r->body_hash, BF_HASH_LEN) == 0
               ? BF_OK
               : bf_fail(e, BF_EFORMAT, "receipt: it is of another body");
}
