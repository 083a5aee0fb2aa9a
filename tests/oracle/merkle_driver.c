/* Builds a tree and checks receipts for an oracle in another language.
**
**   merkle_driver make HASH SEED-HEX NAME ORIGIN   rows on standard input, a line each: HEADER SALT BODY in hex.
**       Prints `key TEXT`; `root SIZE HEX` for each size; `tile LEVEL INDEX HEX` for each tile of the whole tree;
**       `consistency OLD HASHES` from each size to the last; `receipt INDEX LENGTH` and its bytes for each row.
**   merkle_driver verify KEY                       receipts on standard input, each after a line with its length.
**       Prints for each `good INDEX SIZE ORIGIN` or `bad WHY`.
*/
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/core/checkpoint.h"
#include "tests/unit/tile_store.h"

enum { ROWS_MAX = 4096, LINE_MAX_BYTES = 1 << 16 };

static struct bf_error error;

static void must(enum bf_err err) {
    if (err) {
        fprintf(stderr, "merkle_driver: %s\n", error.text);
        exit(2);
    }
}

static size_t unhex(const char *z, uint8_t *out) {
    size_t n = 0;
    for (unsigned v; z[0] && z[1] && sscanf(z, "%2x", &v) == 1; z += 2)
        out[n++] = (uint8_t)v;
    return n;
}

static void print_hex(const uint8_t *p, size_t len) {
    for (size_t i = 0; i < len; i++)
        printf("%02x", p[i]);
}

static struct bf_receipt receipts[ROWS_MAX];
static struct tile_store store;
static struct bf_merkle tree;

static void print_root(void) {
    uint8_t root[BF_HASH_LEN];
    bf_merkle_root(&tree, root);
    printf("root %" PRIu64 " ", tree.size);
    print_hex(root, sizeof root);
    putchar('\n');
}

static void read_rows(struct bf_hasher *h) {
    static char line[LINE_MAX_BYTES];
    static uint8_t body[LINE_MAX_BYTES];
    print_root();
    while (tree.size < ROWS_MAX && fgets(line, sizeof line, stdin)) {
        struct bf_receipt *r = &receipts[tree.size];
        char *cursor = NULL, *head = strtok_r(line, " \n", &cursor);
        char *salt = strtok_r(NULL, " \n", &cursor), *text = strtok_r(NULL, " \n", &cursor);
        uint8_t leaf[BF_HASH_LEN];
        *r = (struct bf_receipt){.hash = bf_hasher_kind(h), .has_salt = true, .index = tree.size};
        r->head_len = (uint32_t)unhex(head, r->head);
        unhex(salt, r->salt);
        bf_merkle_body(h, r->salt, body, text ? unhex(text, body) : 0, r->body_hash);
        bf_merkle_leaf(h, r->head, r->head_len, r->body_hash, leaf);
        tile_store_append(&store, &tree, leaf);
        print_root();
    }
}

static void print_tiles(const struct bf_tiles *from) {
    uint8_t bytes[BF_TILE_BYTES];
    for (uint32_t l = 0; bf_tile_last(tree.size, l).width; l++) {
        struct bf_tile last = bf_tile_last(tree.size, l);
        for (uint64_t i = 0; i <= last.index; i++) {
            uint32_t width = i < last.index ? BF_TILE_WIDTH : last.width;
            must(from->read(from->ctx, l, i, width, bytes, &error));
            printf("tile %u %" PRIu64 " ", l, i);
            print_hex(bytes, (size_t)width * BF_HASH_LEN);
            putchar('\n');
        }
    }
}

static int make(const char *hash, const char *seed_hex, const char *name, const char *origin) {
    struct bf_hasher *h = bf_hasher_new(strcmp(hash, "sm3") ? BF_HASH_SHA256 : BF_HASH_SM3);
    struct bf_tiles from = {tile_store_read, &store};
    struct bf_checkpoint c = {.origin = bf_str_of(origin)};
    struct bf_merkle_proof p;
    struct bf_signer key;
    struct bf_buf note, out;
    uint8_t seed[BF_SEED_LEN];
    must(bf_signer_open(bf_str_of(name), seed, unhex(seed_hex, seed), &key, &error));
    bf_buf_init(&note);
    bf_signer_public(&key, &note);
    printf("key %.*s\n", (int)note.len, note.p);
    note.len = 0;
    bf_merkle_init(&tree, h);
    read_rows(h);
    print_tiles(&from);
    for (uint64_t old = 0; old <= tree.size; old++) {
        must(bf_merkle_consistency(h, &from, old, tree.size, &p, &error));
        printf("consistency %" PRIu64 " ", old);
        print_hex(p.hash[0], p.count * BF_HASH_LEN);
        putchar('\n');
    }
    c.size = tree.size;
    bf_merkle_root(&tree, c.root);
    must(bf_checkpoint_write(&c, &key, &note, &error));
    for (uint64_t i = 0; i < tree.size; i++) {
        must(bf_merkle_inclusion(h, &from, i, tree.size, &receipts[i].proof, &error));
        receipts[i].note = bf_buf_view(&note);
        bf_buf_init(&out);
        bf_receipt_write(&receipts[i], &out);
        printf("receipt %" PRIu64 " %zu\n", i, out.len);
        fwrite(out.p, 1, out.len, stdout);
        bf_buf_fini(&out);
    }
    bf_buf_fini(&note);
    bf_signer_fini(&key);
    tile_store_fini(&store);
    bf_hasher_free(h);
    return 0;
}

static int verify(const char *text) {
    static char bytes[LINE_MAX_BYTES];
    struct bf_signer key;
    struct bf_receipt r;
    size_t len;
    must(bf_signer_read(bf_str_of(text), &key, &error));
    while (scanf("%zu", &len) == 1) {
        if (getchar() != '\n' || len > sizeof bytes || fread(bytes, 1, len, stdin) != len)
            return 2;
        if (bf_receipt_verify((bf_str){bytes, (uint32_t)len}, &key, &r, &error))
            printf("bad %s\n", error.text);
        else
            printf("good %" PRIu64 " %" PRIu64 " %.*s\n", r.index, r.checkpoint.size,
                   (int)r.checkpoint.origin.len, r.checkpoint.origin.p);
    }
    return 0;
}

int main(int argc, char **argv) {
    if (argc == 6 && strcmp(argv[1], "make") == 0)
        return make(argv[2], argv[3], argv[4], argv[5]);
    if (argc == 3 && strcmp(argv[1], "verify") == 0)
        return verify(argv[2]);
    fprintf(stderr, "usage: merkle_driver make HASH SEED NAME ORIGIN | verify KEY\n");
    return 2;
}
