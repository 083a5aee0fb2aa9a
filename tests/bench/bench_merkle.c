/* bench_merkle: a row's leaf appended to the tree, tiles noted, a root for every batch of 64, against SHA-256 of
** the same bytes (header, salt and body, 250 bytes) by one context that is kept: hashing at its barest. The tree
** itself needs two hashes for the leaf and one for its node, where the baseline has one. */
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "engine/core/merkle.h"
#include "tests/bench/bench.h"

enum { ROWS = 1 << 16, BATCH = 64, HEAD = 40, BODY = 194, BYTES = HEAD + BF_MERKLE_SALT + BODY };

static uint8_t row[BYTES];

static void next_row(uint32_t i) { memcpy(row + 8, &i, sizeof i); }

static struct bf_hasher *hasher;

static void run_tree(void *ctx) {
    struct bf_merkle t;
    uint8_t hash[BF_HASH_LEN], put[BF_TILE_LEVELS][BF_HASH_LEN];
    bf_merkle_init(&t, hasher);
    (void)ctx;
    for (uint32_t i = 0; i < ROWS; i++) {
        next_row(i);
        bf_merkle_body(hasher, row + HEAD, row + HEAD + BF_MERKLE_SALT, BODY, hash);
        bf_merkle_leaf(hasher, row, HEAD, hash, hash);
        bench_keep(bf_merkle_append(&t, hash, put));
        if (i % BATCH == BATCH - 1) {
            bf_merkle_root(&t, hash);
            bench_keep(hash[0]);
        }
    }
}

static void run_bare(void *ctx) {
    EVP_MD_CTX *c = ctx;
    uint8_t hash[BF_HASH_LEN];
    for (uint32_t i = 0; i < ROWS; i++) {
        next_row(i);
        EVP_DigestInit_ex2(c, NULL, NULL);
        EVP_DigestUpdate(c, row, BYTES);
        EVP_DigestFinal_ex(c, hash, NULL);
        bench_keep(hash[0]);
    }
}

int main(void) {
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    hasher = bf_hasher_new(BF_HASH_SHA256);
    if (!hasher || !c || !EVP_DigestInit_ex2(c, EVP_sha256(), NULL)) {
        fprintf(stderr, "bench_merkle: no hash\n");
        return 2;
    }
    struct bench_side ours = {"bf_merkle_append", run_tree, NULL, ROWS};
    struct bench_side bare = {"one SHA-256", run_bare, c, ROWS};
    struct bench_result r = bench_compare(&ours, &bare, 15);
    bool ok = bench_time_at_most("tree, rows of 250 bytes", "row", &r, 3.0);
    bf_hasher_free(hasher);
    EVP_MD_CTX_free(c);
    return ok ? 0 : 1;
}
