/* Merkle: the tree over a partition's journal rows (RFC 6962; proofs as RFC 9162 checks them).
**
**     leaf = H(0x00, header, H(salt, body))        node = H(0x01, left, right)        empty tree = H()
**
** 1. The tree is a function of its leaves: whoever holds all headers and body hashes finds the same root. A body
**    and its salt can be dropped, and the leaf stays.
** 2. What is kept of it is a frontier (the roots of the perfect subtrees that make it up, largest first) and tiles
**    in the C2SP tlog-tiles layout: tile (l, i) holds the hashes of the nodes at height 8·l from position 256·i on,
**    256 of them, fewer only in the last tile of a level. Every proof is made from at most two tiles a level.
** 3. Nothing here reads or writes: a caller hands over tiles and keeps what it is given.
** 4. Checking a proof is bounded by its length, at most BF_MERKLE_PROOF hashes, whatever the bytes.
**
** docs/STORE.md, "The tree".
*/
#ifndef BF_MERKLE_H
#define BF_MERKLE_H

#include <stdbool.h>

#include "lang/base/error.h"
#include "lang/base/hash.h"

#define BF_MERKLE_SIZE_MAX ((uint64_t)INT64_MAX) /* leaves of a tree */
#define BF_MERKLE_SALT 16 /* bytes of a salt: always, so that salt and body cannot shift */
#define BF_TILE_HEIGHT 8
#define BF_TILE_WIDTH 256 /* hashes of a full tile */
#define BF_TILE_LEVELS 8
#define BF_TILE_BYTES (BF_TILE_WIDTH * BF_HASH_LEN)

/* ---- leaves and nodes ---- */
void bf_merkle_body(struct bf_hasher *h, const uint8_t salt[BF_MERKLE_SALT], const void *body,
                    size_t len, uint8_t out[BF_HASH_LEN]);
void bf_merkle_leaf(struct bf_hasher *h, const void *head, size_t len,
                    const uint8_t body_hash[BF_HASH_LEN], uint8_t out[BF_HASH_LEN]);
void bf_merkle_node(struct bf_hasher *h, const uint8_t left[BF_HASH_LEN],
                    const uint8_t right[BF_HASH_LEN], uint8_t out[BF_HASH_LEN]);

/* ---- the frontier ---- */
/* In the caller's storage, owns nothing. A copy is a tree of its own: keep one to take a batch back. */
struct bf_merkle {
    struct bf_hasher *hasher; /* the caller's, outlives the tree */
    uint64_t size;
    uint8_t peak[64][BF_HASH_LEN]; /* one for each bit set in size, the highest first */
};
void bf_merkle_init(struct bf_merkle *t, struct bf_hasher *h); /* empty */

/* Appends a leaf (below BF_MERKLE_SIZE_MAX). Each tile level l below the count returned (at least 1) got one more
** hash, put[l], at bf_tile_last(t->size, l): the tile is complete when its width is then BF_TILE_WIDTH. */
uint32_t bf_merkle_append(struct bf_merkle *t, const uint8_t leaf[BF_HASH_LEN],
                          uint8_t put[BF_TILE_LEVELS][BF_HASH_LEN]);
void bf_merkle_root(const struct bf_merkle *t, uint8_t out[BF_HASH_LEN]);

/* Bytes: format 1, hash, size (big-endian), peaks. */
#define BF_MERKLE_BYTES_MAX (2 + 8 + 64 * BF_HASH_LEN)
size_t bf_merkle_write(const struct bf_merkle *t, uint8_t out[BF_MERKLE_BYTES_MAX]);
/* Which hash the bytes of a frontier are of; SHA-256 of none. */
enum bf_hash bf_merkle_kind(const void *bytes, size_t len);
/* BF_EFORMAT if the bytes are no frontier, or one of another hash than the hasher's. */
enum bf_err bf_merkle_read(struct bf_merkle *t, struct bf_hasher *h, const void *bytes, size_t len,
                           struct bf_error *e);

/* ---- tiles ---- */
struct bf_tile {
    uint64_t index;
    uint32_t width; /* 1 to BF_TILE_WIDTH; 0: the level has no tile */
};
struct bf_tile bf_tile_last(uint64_t size, uint32_t level); /* of a tree */

struct bf_tiles {
    /* The first width hashes of a tile. A tile may have grown since: its first hashes stay what they were. */
    enum bf_err (*read)(void *ctx, uint32_t level, uint64_t index, uint32_t width, uint8_t *out,
                        struct bf_error *e);
    void *ctx;
};
/* The frontier of the first size leaves. */
enum bf_err bf_merkle_load(struct bf_merkle *t, struct bf_hasher *h, const struct bf_tiles *tiles,
                           uint64_t size, struct bf_error *e);

/* ---- proofs ---- */
#define BF_MERKLE_PROOF 64
struct bf_merkle_proof {
    uint32_t count;
    uint8_t hash[BF_MERKLE_PROOF][BF_HASH_LEN];
};
/* That leaf index (below size) is in the tree of size leaves. Fails only as reading a tile does, or BF_ENOMEM. */
enum bf_err bf_merkle_inclusion(struct bf_hasher *h, const struct bf_tiles *tiles, uint64_t index,
                                uint64_t size, struct bf_merkle_proof *out, struct bf_error *e);
/* That the tree of old leaves (at most size) is the beginning of the one of size leaves. */
enum bf_err bf_merkle_consistency(struct bf_hasher *h, const struct bf_tiles *tiles, uint64_t old,
                                  uint64_t size, struct bf_merkle_proof *out, struct bf_error *e);

bool bf_merkle_included(struct bf_hasher *h, uint64_t index, uint64_t size,
                        const uint8_t leaf[BF_HASH_LEN], const struct bf_merkle_proof *proof,
                        const uint8_t root[BF_HASH_LEN]);
bool bf_merkle_consistent(struct bf_hasher *h, uint64_t old, uint64_t size,
                          const uint8_t old_root[BF_HASH_LEN], const uint8_t root[BF_HASH_LEN],
                          const struct bf_merkle_proof *proof);

#endif
