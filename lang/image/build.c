/* build: see build.h. */
#include "lang/image/build.h"

#include <string.h>

#include "lang/base/assert.h"
#include "lang/base/mem.h"

void bf_build_init(struct bf_build *b) {
    *b = (struct bf_build){
        .policy = {
            .force_from = INT32_MIN, .force_to = INT32_MAX, .day_ends = 86400, .level = BF_NONE}};
    for (int t = 0; t < BF_I_TABLES; t++)
        bf_buf_init(&b->table[t]);
    bf_buf_init(&b->files);
    bf_buf_init(&b->words);
    bf_build_text(b, BF_STR("")); /* str 0 is the empty text */
    b->policy.calendar = bf_build_text(b, BF_STR("none"));
}

void bf_build_fini(struct bf_build *b) {
    for (int t = 0; t < BF_I_TABLES; t++)
        bf_buf_fini(&b->table[t]);
    bf_buf_fini(&b->files);
    bf_buf_fini(&b->words);
    bf_free(b->strs.slot);
    bf_free(b->konsts.slot);
}

uint32_t bf_build_add(struct bf_build *b, enum bf_i_table_id table, const void *row) {
    size_t size = bf_i_row_size(table);
    struct bf_buf *buf = &b->table[table];
    if (buf->len > BF_IMAGE_MAX - size) {
        b->too_large = true;
        return 0;
    }
    uint32_t n = (uint32_t)(buf->len / size);
    bf_buf_put(buf, row, size);
    return n;
}

void bf_build_bytes(struct bf_build *b, enum bf_i_table_id table, const void *bytes, size_t n) {
    struct bf_buf *buf = &b->table[table];
    b->too_large |= n > BF_IMAGE_MAX || buf->len > BF_IMAGE_MAX - n;
    if (!b->too_large && n)
        bf_buf_put(buf, bytes, n);
}

void *bf_build_nowhere(struct bf_build *b, enum bf_i_table_id table) {
    static uint64_t nowhere[16];
    BF_ASSERT(b->table[table].failed || b->too_large);
    return memset(nowhere, 0, sizeof nowhere);
}

/* ---- interning ---- */

static bool intern_grow(struct bf_build *b, struct bf_intern *t,
                        uint32_t (*hash)(struct bf_build *b, uint32_t n)) {
    uint32_t cap = t->cap ? t->cap * 2 : 256;
    uint32_t *slot = bf_malloc(cap * sizeof *slot);
    if (!slot) {
        b->table[BF_I_str].failed = true;
        return false;
    }
    memset(slot, 0, cap * sizeof *slot);
    for (uint32_t i = 0; i < t->cap; i++) {
        if (!t->slot[i])
            continue;
        uint32_t at = hash(b, t->slot[i] - 1) & (cap - 1);
        while (slot[at])
            at = (at + 1) & (cap - 1);
        slot[at] = t->slot[i];
    }
    bf_free(t->slot);
    t->slot = slot;
    t->cap = cap;
    return true;
}

/* Makes room for one more; false when memory has run out. */
static bool intern_room(struct bf_build *b, struct bf_intern *t,
                        uint32_t (*hash)(struct bf_build *b, uint32_t n)) {
    return t->used < t->cap / 2 || intern_grow(b, t, hash);
}

static bf_str text_of(struct bf_build *b, uint32_t n) {
    const struct bf_i_str *s = bf_build_at_str(b, n);
    return (bf_str){b->table[BF_I_text].p + s->off, s->len};
}

static uint32_t text_hash(struct bf_build *b, uint32_t n) { return bf_str_hash(text_of(b, n)); }

uint32_t bf_build_text(struct bf_build *b, bf_str text) {
    struct bf_buf *bytes = &b->table[BF_I_text];
    if (bytes->failed || b->table[BF_I_str].failed || !intern_room(b, &b->strs, text_hash))
        return 0;
    uint32_t mask = b->strs.cap - 1, at = bf_str_hash(text) & mask;
    for (; b->strs.slot[at]; at = (at + 1) & mask)
        if (bf_str_eq(text_of(b, b->strs.slot[at] - 1), text))
            return b->strs.slot[at] - 1;
    if (bytes->len > BF_IMAGE_MAX - text.len) {
        b->too_large = true;
        return 0;
    }
    uint32_t off = (uint32_t)bytes->len;
    bf_buf_put(bytes, text.p, text.len);
    uint32_t n = bf_build_add_str(b, (struct bf_i_str){off, text.len});
    if (!bytes->failed && !b->table[BF_I_str].failed && !b->too_large) {
        b->strs.slot[at] = n + 1;
        b->strs.used++;
    }
    return n;
}

static uint32_t const_hash(struct bf_build *b, uint32_t n) {
    const struct bf_i_const *k = bf_build_at_konst(b, n);
    uint64_t h =
        (uint64_t)k->i * 0x9E3779B97F4A7C15u + k->kind * 0x85EBCA6Bu + k->aux * 0xC2B2AE35u;
    return (uint32_t)(h >> 32 ^ h);
}

uint32_t bf_build_const(struct bf_build *b, enum bf_kind kind, uint32_t aux, int64_t i) {
    uint32_t n = bf_build_add_konst(b, (struct bf_i_const){kind, aux, i});
    if (b->table[BF_I_konst].failed || b->too_large || !intern_room(b, &b->konsts, const_hash))
        return 0;
    uint32_t mask = b->konsts.cap - 1, at = const_hash(b, n) & mask;
    for (; b->konsts.slot[at]; at = (at + 1) & mask) {
        const struct bf_i_const *k = bf_build_at_konst(b, b->konsts.slot[at] - 1);
        if (k->kind == kind && k->aux == aux && k->i == i) {
            b->table[BF_I_konst].len -= sizeof *k;
            return b->konsts.slot[at] - 1;
        }
    }
    b->konsts.slot[at] = n + 1;
    b->konsts.used++;
    return n;
}

static uint32_t file_number(struct bf_build *b, bf_str file) {
    bf_str *f = (bf_str *)(void *)b->files.p;
    uint32_t count = (uint32_t)(b->files.len / sizeof *f);
    for (uint32_t i = count; i-- > 0;)
        if (f[i].p == file.p || bf_str_eq(f[i], file))
            return i;
    bf_buf_put(&b->files, &file, sizeof file);
    return count;
}

uint32_t bf_build_src(struct bf_build *b, struct bf_i_range cites, bf_str file, uint32_t line) {
    bf_build_add_place(b, (struct bf_i_place){file_number(b, file), line});
    return bf_build_add_src(b, (struct bf_i_src){cites});
}

void bf_build_part(struct bf_build *b, uint32_t first, uint32_t end, bf_str text) {
    uint32_t n = (uint32_t)(b->words.len / sizeof text);
    bf_buf_put(&b->words, &text, sizeof text);
    bf_build_add_part(b, (struct bf_i_part){first, end, n});
}

/* ---- code ---- */

void bf_build_op2(struct bf_build *b, enum bf_opcode op, uint32_t operand, uint32_t second) {
    bf_build_op(b, op, operand);
    bf_build_add_code(b, second);
}

uint32_t bf_build_jump(struct bf_build *b, enum bf_opcode op) {
    bf_build_op(b, op, 0);
    return bf_build_count_code(b) - 1;
}

void bf_build_land(struct bf_build *b, uint32_t jump) {
    uint32_t distance = bf_build_count_code(b) - jump;
    if (distance > BF_OPERAND)
        b->too_large = true;
    *bf_build_at_code(b, jump) |= distance << 8;
}

/* ---- the block ---- */

void bf_build_policy_ends(struct bf_build *b) {
    for (int t = 0; t < BF_I_TABLES; t++)
        b->policy_count[t] = t < BF_I_UNHASHED ? bf_build_count(b, t) : 0;
    b->policy_ended = true;
}

/* The nth of the texts put off. */
static uint32_t late_text(struct bf_build *b, const struct bf_buf *texts, uint32_t n) {
    const bf_str *s = (const bf_str *)(const void *)texts->p;
    return n < texts->len / sizeof *s ? bf_build_text(b, s[n]) : 0;
}

static void add_late_texts(struct bf_build *b) {
    for (uint32_t i = 0; i < bf_build_count_place(b); i++) {
        uint32_t n = late_text(b, &b->files, bf_build_at_place(b, i)->file);
        bf_build_at_place(b, i)->file = n;
    }
    for (uint32_t i = 0; i < bf_build_count_part(b); i++) {
        uint32_t n = late_text(b, &b->words, bf_build_at_part(b, i)->text);
        bf_build_at_part(b, i)->text = n;
    }
}

static bool failed(const struct bf_build *b) {
    for (int t = 0; t < BF_I_TABLES; t++)
        if (b->table[t].failed)
            return true;
    return b->files.failed || b->words.failed;
}

enum bf_err bf_build_finish(struct bf_build *b, struct bf_arena *a, const uint8_t **bytes,
                            size_t *size, struct bf_error *e) {
    if (!b->policy_ended)
        bf_build_policy_ends(b);
    add_late_texts(b);
    struct bf_i_header h = {.magic = BF_IMAGE_MAGIC,
                            .format = BF_IMAGE_FORMAT,
                            .edition = BF_EDITION,
                            .semantics = BF_SEMANTICS,
                            .tables = BF_I_TABLES,
                            .policy = b->policy};
    uint64_t at = BF_I_FIRST;
    for (int t = 0; t < BF_I_TABLES; t++) {
        if (at <= BF_IMAGE_MAX)
            h.dir[t] = (struct bf_i_dir){(uint32_t)at, bf_build_count(b, t), b->policy_count[t]};
        at = (at + b->table[t].len + 7) & ~(uint64_t)7;
    }
    if (failed(b))
        return bf_fail(e, BF_ENOMEM, "out of memory");
    if (b->too_large || at > BF_IMAGE_MAX)
        return bf_fail(e, BF_ELIMIT, "the image would be larger than an image may be");
    h.size = (uint32_t)at;
    uint8_t *out = bf_arena_zalloc(a, at);
    memcpy(out, &h, sizeof h);
    for (int t = 0; t < BF_I_TABLES; t++)
        if (b->table[t].len)
            memcpy(out + h.dir[t].off, b->table[t].p, b->table[t].len);
    bf_image_seal(out, at);
    *bytes = out;
    *size = at;
    return BF_OK;
}
