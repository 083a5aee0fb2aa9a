/* merkle: see merkle.h. Making proofs walks ranges of leaves as RFC 6962 defines them; checking is written after
** the algorithms of RFC 9162 (2.1.3.2, 2.1.4.2), so that one does not repeat the other's mistake. */
#include "engine/core/merkle.h"

#include <string.h>

#include "lang/base/assert.h"
#include "lang/base/mem.h"

#define FORMAT 1

/* ---- leaves and nodes ---- */

void bf_merkle_body(struct bf_hasher *h, const uint8_t salt[BF_MERKLE_SALT], const void *body,
                    size_t len, uint8_t out[BF_HASH_LEN]) {
    struct bf_part parts[] = {{salt, BF_MERKLE_SALT}, {body, len}};
    bf_hasher_parts(h, parts, 2, out);
}

void bf_merkle_leaf(struct bf_hasher *h, const void *head, size_t len,
                    const uint8_t body_hash[BF_HASH_LEN], uint8_t out[BF_HASH_LEN]) {
    struct bf_part parts[] = {{"\0", 1}, {head, len}, {body_hash, BF_HASH_LEN}};
    bf_hasher_parts(h, parts, 3, out);
}

void bf_merkle_node(struct bf_hasher *h, const uint8_t left[BF_HASH_LEN],
                    const uint8_t right[BF_HASH_LEN], uint8_t out[BF_HASH_LEN]) {
    struct bf_part parts[] = {{"\1", 1}, {left, BF_HASH_LEN}, {right, BF_HASH_LEN}};
    bf_hasher_parts(h, parts, 3, out);
}

static void copy(uint8_t *to, const uint8_t *from) { memcpy(to, from, BF_HASH_LEN); }

static bool same(const uint8_t *x, const uint8_t *y) { return memcmp(x, y, BF_HASH_LEN) == 0; }

/* ---- the frontier ---- */

static uint32_t peaks(uint64_t size) { return (uint32_t)__builtin_popcountll(size); }

void bf_merkle_init(struct bf_merkle *t, struct bf_hasher *h) {
    t->hasher = h;
    t->size = 0;
}

/* Peaks merge as a binary counter carries: the leaf joins a peak for each low bit set in size. */
uint32_t bf_merkle_append(struct bf_merkle *t, const uint8_t leaf[BF_HASH_LEN],
                          uint8_t put[BF_TILE_LEVELS][BF_HASH_LEN]) {
    BF_ASSERT(t->size < BF_MERKLE_SIZE_MAX);
    uint32_t last = peaks(t->size), levels = 0, height = 0;
    uint8_t carry[BF_HASH_LEN];
    copy(carry, leaf);
    copy(put[levels++], carry);
    for (uint64_t rest = t->size; rest & 1; rest >>= 1) {
        bf_merkle_node(t->hasher, t->peak[--last], carry, carry);
        if (++height % BF_TILE_HEIGHT == 0)
            copy(put[levels++], carry);
    }
    copy(t->peak[last], carry);
    t->size++;
    return levels;
}

/* From the lowest peak up: each higher one is to the left of what was joined so far. */
static void join_peaks(struct bf_hasher *h, uint8_t (*peak)[BF_HASH_LEN], uint32_t count,
                       uint8_t out[BF_HASH_LEN]) {
    if (count == 0) {
        bf_hasher_parts(h, NULL, 0, out);
        return;
    }
    uint8_t right[BF_HASH_LEN];
    copy(right, peak[--count]);
    while (count > 0)
        bf_merkle_node(h, peak[--count], right, right);
    copy(out, right);
}

void bf_merkle_root(const struct bf_merkle *t, uint8_t out[BF_HASH_LEN]) {
    join_peaks(t->hasher, (uint8_t(*)[BF_HASH_LEN])t->peak, peaks(t->size), out);
}

size_t bf_merkle_write(const struct bf_merkle *t, uint8_t out[BF_MERKLE_BYTES_MAX]) {
    uint8_t *p = out;
    *p++ = FORMAT;
    *p++ = (uint8_t)bf_hasher_kind(t->hasher);
    for (int shift = 56; shift >= 0; shift -= 8)
        *p++ = (uint8_t)(t->size >> shift);
    size_t len = (size_t)peaks(t->size) * BF_HASH_LEN;
    memcpy(p, t->peak, len);
    return (size_t)(p - out) + len;
}

enum bf_hash bf_merkle_kind(const void *bytes, size_t len) {
    return len >= 2 && ((const uint8_t *)bytes)[1] == BF_HASH_SM3 ? BF_HASH_SM3 : BF_HASH_SHA256;
}

enum bf_err bf_merkle_read(struct bf_merkle *t, struct bf_hasher *h, const void *bytes, size_t len,
                           struct bf_error *e) {
    const uint8_t *p = bytes;
    uint64_t size = 0;
    if (len < 10 || p[0] != FORMAT)
        return bf_fail(e, BF_EFORMAT, "tree: not a frontier of format %d", FORMAT);
    if (p[1] != (uint8_t)bf_hasher_kind(h))
        return bf_fail(e, BF_EFORMAT, "tree: made with hash %u, not %s", p[1],
                       bf_hash_word(bf_hasher_kind(h)));
    for (int i = 2; i < 10; i++)
        size = size << 8 | p[i];
    if (size > BF_MERKLE_SIZE_MAX || len - 10 != (size_t)peaks(size) * BF_HASH_LEN)
        return bf_fail(e, BF_EFORMAT, "tree: %zu bytes are not the frontier of its size", len);
    bf_merkle_init(t, h);
    t->size = size;
    memcpy(t->peak, p + 10, len - 10);
    return BF_OK;
}

/* ---- tiles ---- */

struct bf_tile bf_tile_last(uint64_t size, uint32_t level) {
    uint64_t count = level < BF_TILE_LEVELS ? size >> (BF_TILE_HEIGHT * level) : 0;
    if (count == 0)
        return (struct bf_tile){0, 0};
    return (struct bf_tile){(count - 1) / BF_TILE_WIDTH,
                            (uint32_t)((count - 1) % BF_TILE_WIDTH) + 1};
}

/* The tiles of one tree, each read once: a proof needs at most two of a level, that of its path and the last. */
struct reader {
    struct bf_hasher *hasher;
    const struct bf_tiles *tiles;
    uint64_t size;
    struct {
        uint8_t *bytes; /* NULL: empty */
        uint64_t index;
    } slot[BF_TILE_LEVELS][2];
    struct bf_error *e;
};

static void reader_fini(struct reader *r) {
    for (uint32_t l = 0; l < BF_TILE_LEVELS; l++)
        for (int k = 0; k < 2; k++)
            bf_free(r->slot[l][k].bytes);
}

static enum bf_err tile_at(struct reader *r, uint32_t level, uint64_t index, uint8_t **out) {
    int k = 0;
    while (k < 2 && r->slot[level][k].bytes && r->slot[level][k].index != index)
        k++;
    BF_ASSERT(k < 2);
    if (!r->slot[level][k].bytes) {
        struct bf_tile last = bf_tile_last(r->size, level);
        BF_ASSERT(index <= last.index);
        uint32_t width = index < last.index ? BF_TILE_WIDTH : last.width;
        uint8_t *bytes = bf_malloc(BF_TILE_BYTES);
        if (!bytes)
            return bf_fail(r->e, BF_ENOMEM, "out of memory");
        enum bf_err err = r->tiles->read(r->tiles->ctx, level, index, width, bytes, r->e);
        if (err) {
            bf_free(bytes);
            return err;
        }
        r->slot[level][k].bytes = bytes;
        r->slot[level][k].index = index;
    }
    *out = r->slot[level][k].bytes;
    return BF_OK;
}

/* The root of the perfect subtree of 2^height leaves at that position among those of its height: hashed up from
** the tile level below it. */
static enum bf_err perfect(struct reader *r, uint32_t height, uint64_t position,
                           uint8_t out[BF_HASH_LEN]) {
    uint32_t level = height / BF_TILE_HEIGHT, inside = height % BF_TILE_HEIGHT;
    uint64_t first = position << inside;
    uint32_t count = 1u << inside;
    uint8_t *tile = NULL, row[BF_TILE_WIDTH / 2][BF_HASH_LEN];
    enum bf_err err = tile_at(r, level, first / BF_TILE_WIDTH, &tile);
    if (err)
        return err;
    memcpy(row, tile + first % BF_TILE_WIDTH * BF_HASH_LEN, count * BF_HASH_LEN);
    for (; count > 1; count /= 2)
        for (uint32_t i = 0; i < count / 2; i++)
            bf_merkle_node(r->hasher, row[2 * i], row[2 * i + 1], row[i]);
    copy(out, row[0]);
    return BF_OK;
}

/* The peaks of leaves from lo to hi, where lo is a multiple of a power of two not below hi - lo. */
static enum bf_err range_peaks(struct reader *r, uint64_t lo, uint64_t hi,
                               uint8_t (*peak)[BF_HASH_LEN], uint32_t *count) {
    *count = 0;
    while (lo < hi) {
        uint32_t height = 63 - (uint32_t)__builtin_clzll(hi - lo);
        enum bf_err err = perfect(r, height, lo >> height, peak[(*count)++]);
        if (err)
            return err;
        lo += (uint64_t)1 << height;
    }
    return BF_OK;
}

enum bf_err bf_merkle_load(struct bf_merkle *t, struct bf_hasher *h, const struct bf_tiles *tiles,
                           uint64_t size, struct bf_error *e) {
    struct reader r = {.hasher = h, .tiles = tiles, .size = size, .e = e};
    uint32_t count;
    bf_merkle_init(t, h);
    if (size > BF_MERKLE_SIZE_MAX)
        return bf_fail(e, BF_ELIMIT, "tree: too large");
    enum bf_err err = range_peaks(&r, 0, size, t->peak, &count);
    if (!err)
        t->size = size;
    reader_fini(&r);
    return err;
}

/* ---- making proofs ---- */

/* Subtrees whose roots make a proof, from the root of the tree down. */
struct ranges {
    uint32_t count;
    struct {
        uint64_t lo, hi;
    } at[BF_MERKLE_PROOF];
};

static void add_range(struct ranges *s, uint64_t lo, uint64_t hi) {
    BF_ASSERT(s->count < BF_MERKLE_PROOF);
    s->at[s->count].lo = lo;
    s->at[s->count++].hi = hi;
}

/* The largest power of two below n, n at least 2. */
static uint64_t split(uint64_t n) { return (uint64_t)1 << (63 - __builtin_clzll(n - 1)); }

static enum bf_err prove(struct bf_hasher *h, const struct bf_tiles *tiles, uint64_t size,
                         const struct ranges *s, struct bf_merkle_proof *out, struct bf_error *e) {
    struct reader r = {.hasher = h, .tiles = tiles, .size = size, .e = e};
    enum bf_err err = BF_OK;
    out->count = 0;
    for (uint32_t i = s->count; !err && i-- > 0;) {
        uint8_t peak[64][BF_HASH_LEN];
        uint32_t count;
        err = range_peaks(&r, s->at[i].lo, s->at[i].hi, peak, &count);
        if (!err)
            join_peaks(h, peak, count, out->hash[out->count++]);
    }
    reader_fini(&r);
    return err;
}

enum bf_err bf_merkle_inclusion(struct bf_hasher *h, const struct bf_tiles *tiles, uint64_t index,
                                uint64_t size, struct bf_merkle_proof *out, struct bf_error *e) {
    BF_ASSERT(index < size && size <= BF_MERKLE_SIZE_MAX);
    struct ranges s = {0};
    for (uint64_t lo = 0, hi = size; hi - lo > 1;) {
        uint64_t middle = lo + split(hi - lo);
        if (index < middle) {
            add_range(&s, middle, hi);
            hi = middle;
        } else {
            add_range(&s, lo, middle);
            lo = middle;
        }
    }
    return prove(h, tiles, size, &s, out, e);
}

enum bf_err bf_merkle_consistency(struct bf_hasher *h, const struct bf_tiles *tiles, uint64_t old,
                                  uint64_t size, struct bf_merkle_proof *out, struct bf_error *e) {
    BF_ASSERT(old <= size && size <= BF_MERKLE_SIZE_MAX);
    struct ranges s = {0};
    uint64_t lo = 0, hi = size;
    while (old > 0 && hi != old) {
        uint64_t middle = lo + split(hi - lo);
        if (old <= middle) {
            add_range(&s, middle, hi);
            hi = middle;
        } else {
            add_range(&s, lo, middle);
            lo = middle;
        }
    }
    if (lo > 0) /* else the old root itself, which whoever checks has */
        add_range(&s, lo, hi);
    return prove(h, tiles, size, &s, out, e);
}

/* ---- checking proofs ---- */

bool bf_merkle_included(struct bf_hasher *h, uint64_t index, uint64_t size,
                        const uint8_t leaf[BF_HASH_LEN], const struct bf_merkle_proof *proof,
                        const uint8_t root[BF_HASH_LEN]) {
    if (index >= size || size > BF_MERKLE_SIZE_MAX || proof->count > BF_MERKLE_PROOF)
        return false;
    uint64_t fn = index, sn = size - 1;
    uint8_t r[BF_HASH_LEN];
    copy(r, leaf);
    for (uint32_t i = 0; i < proof->count; i++) {
        if (sn == 0)
            return false;
        if (fn & 1 || fn == sn) {
            bf_merkle_node(h, proof->hash[i], r, r);
            while (!(fn & 1) && fn != 0)
                fn >>= 1, sn >>= 1;
        } else {
            bf_merkle_node(h, r, proof->hash[i], r);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && same(r, root);
}

bool bf_merkle_consistent(struct bf_hasher *h, uint64_t old, uint64_t size,
                          const uint8_t old_root[BF_HASH_LEN], const uint8_t root[BF_HASH_LEN],
                          const struct bf_merkle_proof *proof) {
    if (old > size || size > BF_MERKLE_SIZE_MAX || proof->count > BF_MERKLE_PROOF)
        return false;
    if (old == size)
        return proof->count == 0 && same(old_root, root);
    if (old == 0) { /* anything continues the empty tree */
        uint8_t empty[BF_HASH_LEN];
        join_peaks(h, NULL, 0, empty);
        return proof->count == 0 && same(old_root, empty);
    }
    uint64_t fn = old - 1, sn = size - 1;
    uint32_t i = 0;
    uint8_t fr[BF_HASH_LEN], sr[BF_HASH_LEN];
    if ((old & (old - 1)) == 0) { /* the old root is a node of the new tree, and left out */
        copy(fr, old_root);
    } else {
        if (proof->count == 0)
            return false;
        copy(fr, proof->hash[i++]);
    }
    copy(sr, fr);
    while (fn & 1)
        fn >>= 1, sn >>= 1;
    for (; i < proof->count; i++) {
        if (sn == 0)
            return false;
        if (fn & 1 || fn == sn) {
            bf_merkle_node(h, proof->hash[i], fr, fr);
            bf_merkle_node(h, proof->hash[i], sr, sr);
            while (!(fn & 1) && fn != 0)
                fn >>= 1, sn >>= 1;
        } else {
            bf_merkle_node(h, sr, proof->hash[i], sr);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && same(fr, old_root) && same(sr, root);
}
