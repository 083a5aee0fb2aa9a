/* image: loads a block of bytes. Its frame is checked here, its rows and programs in verify.c and
** verify_code.c; see image.h for what a loaded image promises. */
#include "lang/image/image.h"

#include <stddef.h>
#include <string.h>

#include "lang/base/assert.h"
#include "lang/image/format.h"

#define TABLE(name, type) _Static_assert(_Alignof(type) <= 8, "rows of " #name " are aligned");
#include "lang/image/image.def"

size_t bf_i_row_size(enum bf_i_table_id table) {
    static const uint8_t size[] = {
#define TABLE(name, type) sizeof(type),
#include "lang/image/image.def"
    };
    return size[table];
}

/* Rows of older formats that were shorter; what a later format adds to a row stands at its end and says nothing while
** it is 0. */
static size_t row_size(enum bf_i_table_id table, uint32_t format) {
    static const struct {
        enum bf_i_table_id table;
        uint8_t until; /* the last format in which they had this size */
        uint8_t size;
    } shorter[] = {{BF_I_offer, 1, 84}, {BF_I_duty, 1, 64}, {BF_I_offer, 2, 96}, {BF_I_duty, 2, 72},
                   {BF_I_state, 2, 52}, {BF_I_proc, 2, 88}, {BF_I_start, 2, 32}, {BF_I_reg, 3, 24}};
    for (size_t i = 0; i < sizeof shorter / sizeof *shorter; i++)
        if (shorter[i].table == table && format <= shorter[i].until)
            return shorter[i].size;
    return bf_i_row_size(table);
}

const char *bf_i_table_z(enum bf_i_table_id table) {
    static const char *const name[] = {
#define TABLE(name, type) #name,
#include "lang/image/image.def"
    };
    return name[table];
}

const char *bf_opcode_z(uint32_t op) {
    static const char *const name[] = {
#define OP(name, pops, pushes, operands) #name,
#include "lang/image/opcode.def"
    };
    return op < BF_OPCODES ? name[op] : "?";
}

/* Does a format have the table? What it lacks is read as if it had no rows. */
static bool has_table(enum bf_i_table_id table, uint32_t format) {
    bool new = table == BF_I_amend || table == BF_I_base;
    return format >= (new ? 4 : table == BF_I_measure ? 3 : 1);
}

static uint32_t table_count(uint32_t format) {
    uint32_t n = 0;
    for (int t = 0; t < BF_I_TABLES; t++)
        n += has_table(t, format);
    return n;
}

/* Offset of the first table. */
static size_t first_of(uint32_t format) {
    size_t dir = offsetof(struct bf_i_header, dir);
    return (dir + sizeof(struct bf_i_dir) * table_count(format) + 7) & ~(size_t)7;
}

static size_t table_bytes(enum bf_i_table_id table, uint32_t count, uint32_t format) {
    return row_size(table, format) * (size_t)count;
}

/* The policy version: the hash over what the header says of the policy and, table by table, the
** number and the hash of the policy's rows. */
static void hash_policy(const uint8_t *bytes, const struct bf_i_header *h,
                        uint8_t out[BF_SHA256_LEN]) {
    struct hashed {
        uint32_t format, edition, semantics, tables;
        struct bf_i_policy policy;
        struct {
            uint32_t count;
            uint8_t hash[BF_SHA256_LEN];
        } table[BF_I_UNHASHED];
    } all = {h->format, h->edition, h->semantics, h->tables, h->policy, {{0}}};
    size_t n = 0;
    for (int t = 0; t < BF_I_UNHASHED; t++) {
        if (!has_table(t, h->format))
            continue;
        all.table[n].count = h->dir[t].policy;
        bf_sha256(bytes + h->dir[t].off, table_bytes(t, h->dir[t].policy, h->format),
                  all.table[n++].hash);
    }
    bf_sha256(&all, offsetof(struct hashed, table) + n * sizeof *all.table, out);
}

/* The checksum: the hash over where the tables stand and, table by table, the hash of the rows that are not the
** policy's. What stands before it in the header needs none, being compared with what it must be. */
static void hash_rest(const uint8_t *bytes, const struct bf_i_header *h,
                      uint8_t out[BF_SHA256_LEN]) {
    uint8_t all[BF_I_TABLES * (sizeof(struct bf_i_dir) + BF_SHA256_LEN)];
    size_t len = 0;
    for (int t = 0; t < BF_I_TABLES; t++) {
        if (!has_table(t, h->format))
            continue;
        memcpy(all + len, &h->dir[t], sizeof h->dir[t]);
        len += sizeof h->dir[t];
    }
    for (int t = 0; t < BF_I_TABLES; t++) {
        const struct bf_i_dir *d = &h->dir[t];
        if (!has_table(t, h->format))
            continue;
        bf_sha256(bytes + d->off + table_bytes(t, d->policy, h->format),
                  table_bytes(t, d->count - d->policy, h->format), all + len);
        len += BF_SHA256_LEN;
    }
    bf_sha256(all, len, out);
}

void bf_image_seal(void *bytes, size_t size) {
    struct bf_i_header *h = bytes;
    BF_ASSERT(size == h->size);
    hash_policy(bytes, h, h->hash);
    hash_rest(bytes, h, h->check);
}

static enum bf_err check_header(const struct bf_i_header *h, size_t size, struct bf_error *e) {
    static const union {
        uint32_t word;
        uint8_t byte[4];
    } one = {1};
    if (!one.byte[0])
        return bf_fail(e, BF_EFORMAT, "images cannot be read on a big-endian machine");
    if (size < first_of(1))
        return bf_fail(e, BF_EFORMAT, "not an image, or cut off: %zu bytes", size);
    if (memcmp(h->magic, BF_IMAGE_MAGIC, sizeof h->magic) != 0)
        return bf_fail(e, BF_EFORMAT, "not an image");
    if (h->format < 1 || h->format > BF_IMAGE_FORMAT)
        return bf_fail(e, BF_EFORMAT, "image of format %u; this program reads formats 1 to %d",
                       h->format, BF_IMAGE_FORMAT);
    if (h->edition != BF_EDITION)
        return bf_fail(e, BF_EFORMAT, "image of language edition %u; this program knows edition %d",
                       h->edition, BF_EDITION);
    if (h->semantics != BF_SEMANTICS)
        return bf_fail(e, BF_EFORMAT, "image of semantics %u; this program knows semantics %d",
                       h->semantics, BF_SEMANTICS);
    if (h->size != size || size < first_of(h->format))
        return bf_fail(e, BF_EFORMAT, "image cut off or padded: %zu bytes, it should have %u", size,
                       h->size);
    if (h->tables != table_count(h->format) || h->zero || size > BF_IMAGE_MAX)
        return bf_fail(e, BF_EFORMAT, "image damaged: header");
    return BF_OK;
}

/* Tables stand in order, without gaps but zeros up to the next multiple of 8, to the end. */
static enum bf_err check_dir(const uint8_t *bytes, const struct bf_i_header *h,
                             struct bf_error *e) {
    uint64_t at = first_of(h->format);
    for (size_t i = offsetof(struct bf_i_header, dir) + sizeof *h->dir * h->tables; i < at; i++)
        if (bytes[i])
            return bf_fail(e, BF_EFORMAT, "image damaged: header");
    for (int t = 0; t < BF_I_TABLES; t++) {
        const struct bf_i_dir *d = &h->dir[t];
        if (!has_table(t, h->format))
            continue;
        uint64_t end = at + table_bytes(t, d->count, h->format), next = (end + 7) & ~(uint64_t)7;
        if (d->off != at || next > h->size || d->policy > d->count ||
            (t >= BF_I_UNHASHED && d->policy))
            return bf_fail(e, BF_EFORMAT, "image damaged: bounds of table %s", bf_i_table_z(t));
        for (uint64_t i = end; i < next; i++)
            if (bytes[i])
                return bf_fail(e, BF_EFORMAT, "image damaged: after table %s", bf_i_table_z(t));
        at = next;
    }
    if (at != h->size)
        return bf_fail(e, BF_EFORMAT, "image damaged: bytes after the last table");
    return BF_OK;
}

/* A table as this program knows it: where it stands, or, of an older format, with its rows made longer. */
static const void *rows_of(struct bf_arena *a, const uint8_t *bytes, const struct bf_i_header *h,
                           enum bf_i_table_id table) {
    const uint8_t *old = bytes + h->dir[table].off;
    size_t from = row_size(table, h->format), to = bf_i_row_size(table);
    if (from == to)
        return old;
    uint8_t *rows = bf_arena_zalloc(a, to * (size_t)h->dir[table].count);
    for (uint32_t i = 0; i < h->dir[table].count; i++)
        memcpy(rows + i * to, old + i * from, from);
    return rows;
}

static struct bf_image *make_image(struct bf_arena *a, const uint8_t *bytes, size_t size,
                                   const struct bf_i_header *h) {
    struct bf_image *m = bf_new(a, struct bf_image);
    m->bytes = bytes;
    m->size = size;
    m->policy = h->policy;
    memcpy(m->hash, h->hash, sizeof m->hash);
#define TABLE(name, type) \
    m->name = (const type *)rows_of(a, bytes, h, BF_I_##name); \
    m->name##_count = h->dir[BF_I_##name].count;
#include "lang/image/image.def"
    return m;
}

static enum bf_err check_hashes(const uint8_t *bytes, const struct bf_i_header *h,
                                struct bf_error *e) {
    uint8_t hash[BF_SHA256_LEN];
    hash_rest(bytes, h, hash);
    if (memcmp(hash, h->check, sizeof hash) != 0)
        return bf_fail(e, BF_EFORMAT, "image damaged: its checksum does not fit");
    hash_policy(bytes, h, hash);
    if (memcmp(hash, h->hash, sizeof hash) != 0)
        return bf_fail(e, BF_EFORMAT, "image damaged: its policy has another hash than it says");
    return BF_OK;
}

/* The header as this program knows it: tables that an older format lacks are empty, and stand nowhere. */
static const struct bf_i_header *known_header(struct bf_arena *a, const struct bf_i_header *h) {
    if (h->tables == BF_I_TABLES)
        return h;
    struct bf_i_header *known = bf_new(a, struct bf_i_header);
    memcpy(known, h, offsetof(struct bf_i_header, dir));
    for (int t = 0, i = 0; t < BF_I_TABLES; t++)
        if (has_table(t, h->format))
            known->dir[t] = h->dir[i++];
    return known;
}

enum { AMENDS_MAX = 9 }; /* texts in one another; the loader of policies allows fewer */

/* What a load needs throughout. */
struct loading {
    struct bf_arena *scratch;
    bool sealed; /* its hashes were made just now, and are not looked at */
    struct bf_image_at *at;
    struct bf_error *e;
};

static enum bf_err load(const struct loading *l, struct bf_arena *a, const void *block, size_t size,
                        int depth, struct bf_image **image);

/* The text it amends is one that may be loaded, and the one it says. */
static enum bf_err load_base(const struct loading *l, const struct bf_image *m, int depth) {
    struct bf_image *base;
    if (!m->amend_count)
        return BF_OK;
    if (depth == AMENDS_MAX)
        return bf_fail(l->e, BF_EFORMAT, "image damaged: base: amends too deep");
    enum bf_err err = load(l, l->scratch, m->base, m->base_count, depth + 1, &base);
    if (err)
        return bf_error_wrap(l->e, "image damaged: base");
    if (memcmp(base->hash, m->amend->hash, sizeof base->hash) != 0 ||
        !bf_str_eq(bf_i_text(base, base->policy.name), bf_i_text(m, m->amend->policy)))
        return bf_fail(l->e, BF_EFORMAT, "image damaged: base: not what it amends");
    return BF_OK;
}

static enum bf_err load(const struct loading *l, struct bf_arena *a, const void *block, size_t size,
                        int depth, struct bf_image **image) {
    struct bf_arena *scratch = l->scratch;
    struct bf_error *e = l->e;
    const uint8_t *bytes = (uintptr_t)block % 8 ? bf_arena_copy(a, block, size) : block;
    const struct bf_i_header *h = (const void *)bytes;
    enum bf_err err = check_header(h, size, e);
    if (!err)
        h = known_header(scratch, h);
    if (!err)
        err = check_dir(bytes, h, e);
    if (!err && !l->sealed)
        err = check_hashes(bytes, h, e);
    if (err)
        return err;
    struct bf_image *m = make_image(a, bytes, size, h);
    err = bf_image_verify(scratch, m, l->at, e);
    if (!err)
        err = load_base(l, m, depth);
    if (!err)
        *image = m;
    return err;
}

/* a NULL: the image goes with the scratch. */
static enum bf_err load_guarded(struct bf_arena *a, const void *bytes, size_t size, bool sealed,
                                struct bf_image **image, struct bf_image_at *at,
                                struct bf_error *e) {
    struct bf_arena *scratch = bf_arena_new(0);
    if (!scratch)
        return bf_fail(e, BF_ENOMEM, "load image: out of memory");
    const struct loading l = {scratch, sealed, at, e};
    jmp_buf jump, *outer = a ? bf_arena_on_exhausted(a, &jump) : NULL;
    enum bf_err err;
    bf_arena_on_exhausted(scratch, &jump);
    if (setjmp(jump) == 0)
        err = load(&l, a ? a : scratch, bytes, size, 0, image);
    else
        err = bf_fail(e, BF_ENOMEM, "load image: out of memory");
    if (a)
        bf_arena_on_exhausted(a, outer);
    bf_arena_free(scratch);
    return err;
}

enum bf_err bf_image_load(struct bf_arena *a, const void *bytes, size_t size,
                          struct bf_image **image, struct bf_error *e) {
    struct bf_image_at at;
    enum bf_err err = load_guarded(a, bytes, size, false, image, &at, e);
    if (err == BF_ELIMIT)
        err = e->code = BF_EFORMAT;
    return err;
}

enum bf_err bf_image_base(struct bf_arena *a, const struct bf_image *m, struct bf_image **base,
                          struct bf_error *e) {
    *base = NULL;
    return m->amend_count ? bf_image_load(a, m->base, m->base_count, base, e) : BF_OK;
}

enum bf_err bf_image_prove(const uint8_t *bytes, size_t size, struct bf_image_at *at,
                           struct bf_error *e) {
    struct bf_image *m;
    return load_guarded(NULL, bytes, size, true, &m, at, e);
}
