/* The tree, checkpoints and receipts: known answers, and everything against a naive tree written from RFC 6962. */
#include "engine/core/checkpoint.h"
#include "lang/base/base64.h"

#include "tests/unit/fault.h"
#include "tests/unit/tile_store.h"

enum { SIZES = 300 };

static struct bf_hasher *sha;

static void unhex(const char *z, uint8_t *out) {
    for (unsigned v; *z; z += 2) {
        assert_int_equal(sscanf(z, "%2x", &v), 1);
        *out++ = (uint8_t)v;
    }
}

static void assert_hash(const uint8_t *hash, const char *hex) {
    char text[2 * BF_HASH_LEN + 1];
    bf_hex(hash, BF_HASH_LEN, text);
    assert_string_equal(text, hex);
}

/* ---- the naive tree: RFC 6962, 2.1 ---- */

static uint8_t leaves[SIZES][BF_HASH_LEN];
static uint8_t known[SIZES][SIZES + 1][BF_HASH_LEN]; /* by lo and hi */
static bool is_known[SIZES][SIZES + 1];

static uint64_t half(uint64_t n) {
    uint64_t k = 1;
    while (2 * k < n)
        k *= 2;
    return k;
}

static void pair(const uint8_t *left, const uint8_t *right, uint8_t *out) {
    uint8_t bytes[1 + 2 * BF_HASH_LEN] = {1};
    memcpy(bytes + 1, left, BF_HASH_LEN);
    memcpy(bytes + 1 + BF_HASH_LEN, right, BF_HASH_LEN);
    bf_sha256(bytes, sizeof bytes, out);
}

static const uint8_t *naive(uint64_t lo, uint64_t hi) {
    static uint8_t empty[BF_HASH_LEN];
    if (lo == hi) {
        bf_sha256("", 0, empty);
        return empty;
    }
    if (hi - lo == 1)
        return leaves[lo];
    if (!is_known[lo][hi]) {
        uint64_t middle = lo + half(hi - lo);
        pair(naive(lo, middle), naive(middle, hi), known[lo][hi]);
        is_known[lo][hi] = true;
    }
    return known[lo][hi];
}

static void add(struct bf_merkle_proof *p, uint64_t lo, uint64_t hi) {
    memcpy(p->hash[p->count++], naive(lo, hi), BF_HASH_LEN);
}

static void naive_path(struct bf_merkle_proof *p, uint64_t m, uint64_t lo, uint64_t hi) {
    if (hi - lo == 1)
        return;
    uint64_t middle = lo + half(hi - lo);
    if (m < middle) {
        naive_path(p, m, lo, middle);
        add(p, middle, hi);
    } else {
        naive_path(p, m, middle, hi);
        add(p, lo, middle);
    }
}

static void naive_subproof(struct bf_merkle_proof *p, uint64_t m, uint64_t lo, uint64_t hi,
                           bool whole) {
    if (m == hi) {
        if (!whole)
            add(p, lo, hi);
        return;
    }
    uint64_t middle = lo + half(hi - lo);
    if (m <= middle) {
        naive_subproof(p, m, lo, middle, whole);
        add(p, middle, hi);
    } else {
        naive_subproof(p, m, middle, hi, false);
        add(p, lo, middle);
    }
}

static void assert_same_proof(const struct bf_merkle_proof *x, const struct bf_merkle_proof *y) {
    assert_int_equal(x->count, y->count);
    assert_memory_equal(x->hash, y->hash, x->count * BF_HASH_LEN);
}

/* ---- trees of 0 to 300 drawn leaves ---- */

static struct tile_store store;
static const struct bf_tiles tiles = {tile_store_read, &store};
static struct bf_merkle frontiers[SIZES + 1];

static int setup(void **state) {
    uint64_t seed = 6962;
    (void)state;
    sha = bf_hasher_new(BF_HASH_SHA256);
    bf_merkle_init(&frontiers[0], sha);
    for (int i = 0; i < SIZES; i++) {
        for (int k = 0; k < BF_HASH_LEN; k++)
            leaves[i][k] = (uint8_t)test_random(&seed);
        frontiers[i + 1] = frontiers[i];
        tile_store_append(&store, &frontiers[i + 1], leaves[i]);
    }
    return 0;
}

static int teardown(void **state) {
    (void)state;
    tile_store_fini(&store);
    bf_hasher_free(sha);
    return 0;
}

static int sizes(void) { return test_rounds(100) < 100 ? 80 : SIZES; }

static void test_known_trees(void **state) {
    (void)state;
    static const struct {
        const char *leaf, *root; /* of the tree up to and with this leaf */
    } t[] = {
        {"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
        {"00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
        {"10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
        {"2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
        {"3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
        {"40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
        {"5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
        {"606162636465666768696a6b6c6d6e6f",
         "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
    };
    struct bf_merkle tree;
    struct bf_merkle_proof p;
    struct bf_error e;
    struct tile_store s = {0};
    struct bf_tiles from = {tile_store_read, &s};
    uint8_t root[BF_HASH_LEN], leaf[BF_HASH_LEN], bytes[16];
    bf_merkle_init(&tree, sha);
    bf_merkle_root(&tree, root);
    assert_hash(root, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        unhex(t[i].leaf, bytes);
        struct bf_part parts[] = {{"\0", 1}, {bytes, strlen(t[i].leaf) / 2}};
        bf_hasher_parts(sha, parts, 2, leaf);
        tile_store_append(&s, &tree, leaf);
        bf_merkle_root(&tree, root);
        assert_hash(root, t[i].root);
    }
    assert_int_equal(bf_merkle_inclusion(sha, &from, 5, 8, &p, &e), BF_OK);
    assert_int_equal(p.count, 3);
    assert_hash(p.hash[0], "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b");
    assert_hash(p.hash[1], "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0");
    assert_hash(p.hash[2], "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7");
    assert_int_equal(bf_merkle_consistency(sha, &from, 2, 5, &p, &e), BF_OK);
    assert_int_equal(p.count, 2);
    assert_hash(p.hash[0], "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e");
    assert_hash(p.hash[1], "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b");
    tile_store_fini(&s);
}

static void test_leaf(void **state) {
    (void)state;
    uint8_t salt[BF_MERKLE_SALT] = "0123456789abcdef", body[BF_HASH_LEN], leaf[BF_HASH_LEN];
    uint8_t wanted[BF_HASH_LEN], bytes[1 + 4 + BF_HASH_LEN] = {0, 'h', 'e', 'a', 'd'};
    bf_merkle_body(sha, salt, "{}", 2, body);
    bf_sha256("0123456789abcdef{}", 18, wanted);
    assert_memory_equal(body, wanted, BF_HASH_LEN);
    bf_merkle_leaf(sha, "head", 4, body, leaf);
    memcpy(bytes + 5, body, BF_HASH_LEN);
    bf_sha256(bytes, sizeof bytes, wanted);
    assert_memory_equal(leaf, wanted, BF_HASH_LEN);
}

static void test_hashes(void **state) {
    (void)state;
    static const struct bf_part abc[] = {{"a", 1}, {"", 0}, {"bc", 2}};
    struct bf_hasher *sm3 = bf_hasher_new(BF_HASH_SM3);
    uint8_t out[BF_HASH_LEN];
    assert_non_null(sm3);
    for (int again = 0; again < 2; again++) { /* GB/T 32905-2016, A.1; FIPS 180-4's example */
        bf_hasher_parts(sm3, abc, 3, out);
        assert_hash(out, "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
        bf_hasher_parts(sha, abc, 3, out);
        assert_hash(out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
    assert_null(bf_hasher_new((enum bf_hash)0));
    assert_null(bf_hash_word((enum bf_hash)3));
    bf_hasher_free(sm3);
}

static void test_frontier(void **state) {
    (void)state;
    uint8_t root[BF_HASH_LEN], bytes[BF_MERKLE_BYTES_MAX], again[BF_MERKLE_BYTES_MAX];
    struct bf_error e;
    for (int n = 0; n <= SIZES; n++) {
        struct bf_merkle t;
        bf_merkle_root(&frontiers[n], root);
        assert_memory_equal(root, naive(0, (uint64_t)n), BF_HASH_LEN);
        assert_int_equal(bf_merkle_load(&t, sha, &tiles, (uint64_t)n, &e), BF_OK);
        size_t len = bf_merkle_write(&t, bytes);
        assert_int_equal(bf_merkle_write(&frontiers[n], again), len);
        assert_memory_equal(bytes, again, len);
        assert_int_equal(bf_merkle_read(&t, sha, bytes, len, &e), BF_OK);
        bf_merkle_root(&t, root);
        assert_memory_equal(root, naive(0, (uint64_t)n), BF_HASH_LEN);
        for (size_t cut = 0; cut < len; cut++)
            assert_int_equal(bf_merkle_read(&t, sha, bytes, cut, &e), BF_EFORMAT);
        bytes[1] = BF_HASH_SM3;
        assert_int_equal(bf_merkle_read(&t, sha, bytes, len, &e), BF_EFORMAT);
    }
}

static void test_tiles(void **state) {
    (void)state;
    assert_int_equal(store.level[0].count, SIZES);
    assert_int_equal(store.level[1].count, 1);
    assert_memory_equal(store.level[1].hash[0], naive(0, 256), BF_HASH_LEN);
    assert_int_equal(bf_tile_last(0, 0).width, 0);
    assert_int_equal(bf_tile_last(256, 0).width, 256);
    assert_int_equal(bf_tile_last(257, 0).index, 1);
    assert_int_equal(bf_tile_last(257, 0).width, 1);
    assert_int_equal(bf_tile_last(255, 1).width, 0);
    assert_int_equal(bf_tile_last(70000, 1).index, 1);
    assert_int_equal(bf_tile_last(70000, 1).width, 17); /* 273 full tiles below: 256 + 17 */
    assert_int_equal(bf_tile_last(BF_MERKLE_SIZE_MAX, BF_TILE_LEVELS).width, 0);
}

static void test_inclusion(void **state) {
    (void)state;
    struct bf_merkle_proof p, q;
    struct bf_error e;
    for (uint64_t n = 1; n <= (uint64_t)sizes(); n++)
        for (uint64_t i = 0; i < n; i++) {
            q.count = 0;
            naive_path(&q, i, 0, n);
            assert_int_equal(bf_merkle_inclusion(sha, &tiles, i, n, &p, &e), BF_OK);
            assert_same_proof(&p, &q);
            assert_true(bf_merkle_included(sha, i, n, leaves[i], &p, naive(0, n)));
        }
}

static void test_consistency(void **state) {
    (void)state;
    struct bf_merkle_proof p, q;
    struct bf_error e;
    for (uint64_t n = 0; n <= (uint64_t)sizes(); n++)
        for (uint64_t m = 0; m <= n; m++) {
            uint8_t old[BF_HASH_LEN];
            q.count = 0;
            if (m > 0)
                naive_subproof(&q, m, 0, n, true);
            assert_int_equal(bf_merkle_consistency(sha, &tiles, m, n, &p, &e), BF_OK);
            assert_same_proof(&p, &q);
            memcpy(old, naive(0, m), BF_HASH_LEN);
            assert_true(bf_merkle_consistent(sha, m, n, old, naive(0, n), &p));
        }
}

static void test_inclusion_tampered(void **state) {
    (void)state;
    struct bf_merkle_proof p;
    struct bf_error e;
    uint8_t bad[BF_HASH_LEN];
    for (uint64_t n = 1; n <= 40; n++)
        for (uint64_t i = 0; i < n; i++) {
            const uint8_t *root = naive(0, n);
            assert_int_equal(bf_merkle_inclusion(sha, &tiles, i, n, &p, &e), BF_OK);
            for (uint32_t k = 0; k < p.count; k++) {
                p.hash[k][k] ^= 1;
                assert_false(bf_merkle_included(sha, i, n, leaves[i], &p, root));
                p.hash[k][k] ^= 1;
            }
            for (uint64_t j = 0; j <= n; j++)
                assert_int_equal(bf_merkle_included(sha, j, n, leaves[i], &p, root), j == i);
            memcpy(bad, root, BF_HASH_LEN);
            bad[31] ^= 0x80;
            assert_false(bf_merkle_included(sha, i, n, leaves[i], &p, bad));
            assert_false(bf_merkle_included(sha, i, n, bad, &p, root));
            memset(p.hash[p.count++], 0, BF_HASH_LEN);
            assert_false(bf_merkle_included(sha, i, n, leaves[i], &p, root));
            p.count -= 2;
            if (n > 1)
                assert_false(bf_merkle_included(sha, i, n, leaves[i], &p, root));
            p.count = BF_MERKLE_PROOF + 1;
            assert_false(bf_merkle_included(sha, i, n, leaves[i], &p, root));
        }
}

static void test_consistency_tampered(void **state) {
    (void)state;
    struct bf_merkle_proof p;
    struct bf_error e;
    for (uint64_t n = 1; n <= 40; n++)
        for (uint64_t m = 1; m <= n; m++) {
            uint8_t old[BF_HASH_LEN], root[BF_HASH_LEN];
            memcpy(old, naive(0, m), BF_HASH_LEN);
            memcpy(root, naive(0, n), BF_HASH_LEN);
            assert_int_equal(bf_merkle_consistency(sha, &tiles, m, n, &p, &e), BF_OK);
            for (uint32_t k = 0; k < p.count; k++) {
                p.hash[k][k] ^= 1;
                assert_false(bf_merkle_consistent(sha, m, n, old, root, &p));
                p.hash[k][k] ^= 1;
            }
            old[0] ^= 1;
            assert_false(bf_merkle_consistent(sha, m, n, old, root, &p));
            old[0] ^= 1;
            root[0] ^= 1;
            assert_false(bf_merkle_consistent(sha, m, n, old, root, &p));
            root[0] ^= 1;
            assert_false(bf_merkle_consistent(sha, n + 1, n, old, root, &p));
            memset(p.hash[p.count++], 0, BF_HASH_LEN);
            assert_false(bf_merkle_consistent(sha, m, n, old, root, &p));
            p.count--;
            if (p.count-- > 0)
                assert_false(bf_merkle_consistent(sha, m, n, old, root, &p));
        }
    p.count = 0; /* the empty tree is the beginning of all, if it is the empty tree */
    assert_true(bf_merkle_consistent(sha, 0, 9, naive(0, 0), naive(0, 9), &p));
    assert_false(bf_merkle_consistent(sha, 0, 9, naive(0, 1), naive(0, 9), &p));
}

/* ---- huge trees: all leaves alike, so that a perfect subtree is known by its height ---- */

static uint8_t of_height[64][BF_HASH_LEN];
static uint32_t reads[BF_TILE_LEVELS];

static enum bf_err huge_read(void *ctx, uint32_t level, uint64_t index, uint32_t width,
                             uint8_t *out, struct bf_error *e) {
    uint64_t size = *(uint64_t *)ctx;
    (void)e;
    assert_true(index * BF_TILE_WIDTH + width <= size >> 8 * level);
    reads[level]++;
    for (uint32_t i = 0; i < width; i++)
        memcpy(out + i * BF_HASH_LEN, of_height[8 * level], BF_HASH_LEN);
    return BF_OK;
}

static void huge_root(uint64_t n, uint8_t *out) {
    if ((n & (n - 1)) == 0) {
        memcpy(out, of_height[__builtin_ctzll(n)], BF_HASH_LEN);
        return;
    }
    uint64_t k = half(n);
    uint8_t right[BF_HASH_LEN];
    huge_root(n - k, right);
    pair(of_height[__builtin_ctzll(k)], right, out);
}

static void assert_few_reads(void) {
    for (int l = 0; l < BF_TILE_LEVELS; l++)
        assert_true(reads[l] <= 2);
    memset(reads, 0, sizeof reads);
}

static void test_huge(void **state) {
    (void)state;
    uint64_t seed = 62, size;
    struct bf_tiles from = {huge_read, &size};
    for (int i = 1; i < 64; i++)
        pair(of_height[i - 1], of_height[i - 1], of_height[i]);
    for (unsigned i = 0; i < test_rounds(2000); i++) {
        struct bf_merkle t;
        struct bf_merkle_proof p;
        struct bf_error e;
        uint8_t root[BF_HASH_LEN], old_root[BF_HASH_LEN];
        size = i == 0 ? BF_MERKLE_SIZE_MAX : (test_random(&seed) >> (1 + i % 63));
        size = size ? size : 1;
        uint64_t index = i == 0 ? size - 1 : test_random(&seed) % size;
        uint64_t old = i == 0 ? size - 1 : 1 + test_random(&seed) % size;
        old = old ? old : 1;
        huge_root(size, root);
        huge_root(old, old_root);
        assert_int_equal(bf_merkle_load(&t, sha, &from, size, &e), BF_OK);
        assert_few_reads();
        assert_int_equal(bf_merkle_inclusion(sha, &from, index, size, &p, &e), BF_OK);
        assert_few_reads();
        assert_true(bf_merkle_included(sha, index, size, of_height[0], &p, root));
        assert_int_equal(bf_merkle_consistency(sha, &from, old, size, &p, &e), BF_OK);
        assert_few_reads();
        assert_true(bf_merkle_consistent(sha, old, size, old_root, root, &p));
        bf_merkle_root(&t, old_root);
        assert_memory_equal(old_root, root, BF_HASH_LEN);
    }
}

/* ---- keys ---- */

/* RFC 8032, 7.1, test 1: an empty message. */
static void test_ed25519(void **state) {
    (void)state;
    uint8_t seed[32], pub[32], wanted[64], sig[64];
    struct bf_signer s;
    struct bf_error e;
    unhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", seed);
    unhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", pub);
    unhex("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39"
          "701cf9b46bd25bf5f0595bbe24655141438e7a100b",
          wanted);
    assert_int_equal(bf_signer_open(BF_STR("k"), seed, 32, &s, &e), BF_OK);
    assert_memory_equal(s.public_key, pub, 32);
    assert_true(s.sign(&s, "", 0, sig));
    assert_memory_equal(sig, wanted, 64);
    assert_true(s.verify(&s, "", 0, sig));
    assert_false(s.verify(&s, "x", 1, sig));
    bf_signer_fini(&s);
    assert_null(s.sign);
    assert_int_equal(bf_signer_open(BF_STR("k"), seed, 31, &s, &e), BF_EFORMAT);
    static const char *const names[] = {"", "a b", "a+b", "a\n", "\xff", "a\xC2\xA0", "中　文"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(bf_signer_open(bf_str_of(names[i]), seed, 32, &s, &e), BF_EFORMAT);
    uint8_t other[32];
    assert_int_equal(bf_seed_new(seed, &e), BF_OK);
    assert_int_equal(bf_seed_new(other, &e), BF_OK);
    assert_memory_not_equal(seed, other, 32);
}

/* The public key and the note of the signed-note format's own example. */
static const char example_key[] =
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

static void test_public_key(void **state) {
    (void)state;
    static const char text[] = "If you think cryptography is the answer to your problem,\n"
                               "then you don't know what your problem is.\n";
    static const char sig64[] =
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqf"
        "qdngotpRZb6KE6RyyBwJnAM=";
    struct bf_signer s;
    struct bf_error e;
    struct bf_buf out;
    uint8_t sig[68];
    size_t len;
    assert_int_equal(bf_signer_read(bf_str_of(example_key), &s, &e), BF_OK);
    assert_true(bf_base64_read(bf_str_of(sig64), sig, sizeof sig, &len));
    assert_int_equal(len, 68);
    assert_memory_equal(sig, s.id, 4);
    assert_true(s.verify(&s, text, sizeof text - 1, sig + 4));
    bf_buf_init(&out);
    bf_signer_public(&s, &out);
    assert_true(bf_str_eq(bf_buf_view(&out), bf_str_of(example_key)));
    for (uint32_t i = 0; i < out.len; i++) { /* every byte counts, the name's too */
        out.p[i] ^= 1;
        assert_int_equal(bf_signer_read(bf_buf_view(&out), &s, &e), BF_EFORMAT);
        out.p[i] ^= 1;
        assert_int_equal(bf_signer_read((bf_str){out.p, i}, &s, &e), BF_EFORMAT);
    }
    bf_buf_fini(&out);
}

static void test_base64(void **state) {
    (void)state;
    static const char *const good[] = {"",         "Zg==",     "Zm8=",    "Zm9v",
                                       "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
    static const char *const bad[] = {"Zg",   "Zg=",      "Zh==",         "Zm9=",
                                      "=",    "====",     "Z===",         "Zm=v",
                                      "Zm9 ", "Zg==Zg==", "Zm9vYmFyYmFy", "Zm-_"};
    uint8_t out[6];
    size_t len;
    struct bf_buf b;
    for (size_t i = 0; i < 7; i++) { /* RFC 4648, section 10 */
        bf_buf_init(&b);
        bf_base64_put(&b, "foobar", i);
        assert_true(bf_str_eq(bf_buf_view(&b), bf_str_of(good[i])));
        assert_true(bf_base64_read(bf_buf_view(&b), out, sizeof out, &len));
        assert_int_equal(len, i);
        assert_memory_equal(out, "foobar", i);
        bf_buf_fini(&b);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(bf_base64_read(bf_str_of(bad[i]), out, sizeof out, &len));
    assert_false(bf_base64_read((bf_str){"Zm\0v", 4}, out, sizeof out, &len));
}

/* ---- checkpoints and receipts ---- */

static const uint8_t key_seed[BF_SEED_LEN] = "a seed that is 32 bytes long...";
static const bf_str key_name = {"示例/audit", sizeof "示例/audit" - 1};

static struct bf_signer signer(void) {
    struct bf_signer s;
    struct bf_error e;
    assert_int_equal(bf_signer_open(key_name, key_seed, BF_SEED_LEN, &s, &e), BF_OK);
    return s;
}

static struct bf_checkpoint checkpoint_of(uint64_t n) {
    struct bf_checkpoint c = {.origin = BF_STR("示例/journal/0"), .size = n};
    memcpy(c.root, naive(0, n), BF_HASH_LEN);
    return c;
}

static void test_checkpoint(void **state) {
    (void)state;
    struct bf_signer s = signer(), other = s;
    struct bf_checkpoint c = checkpoint_of(7), read;
    struct bf_buf out;
    struct bf_error e;
    bf_buf_init(&out);
    assert_int_equal(bf_checkpoint_write(&c, &s, &out, &e), BF_OK);
    static const char begins[] = "示例/journal/0\n7\n";
    assert_memory_equal(out.p, begins, sizeof begins - 1);
    assert_int_equal(bf_checkpoint_verify(bf_buf_view(&out), &s, &read, &e), BF_OK);
    assert_int_equal(read.size, 7);
    assert_memory_equal(read.root, c.root, BF_HASH_LEN);
    assert_true(bf_str_eq(read.origin, c.origin));
    for (uint32_t i = 0; i < out.len; i++) {
        for (int bit = 0; bit < 8; bit++) {
            out.p[i] ^= (char)(1 << bit);
            assert_int_equal(bf_checkpoint_verify(bf_buf_view(&out), &s, &read, &e), BF_EFORMAT);
            out.p[i] ^= (char)(1 << bit);
        }
        assert_int_equal(bf_checkpoint_verify((bf_str){out.p, i}, &s, &read, &e), BF_EFORMAT);
    }
    other.name = BF_STR("else");
    assert_int_equal(bf_checkpoint_verify(bf_buf_view(&out), &other, &read, &e), BF_EFORMAT);
    /* A witness may sign too; our own signature, wrong once, is not made good by being right once. */
    bf_buf_z(&out, "\xE2\x80\x94 witness AAAAAAAA\n");
    assert_int_equal(bf_checkpoint_verify(bf_buf_view(&out), &s, &read, &e), BF_OK);
    bf_buf_z(&out, "\xE2\x80\x94 示例/audit ");
    uint8_t forged[68] = {0};
    memcpy(forged, s.id, BF_KEY_ID_LEN);
    bf_base64_put(&out, forged, sizeof forged);
    bf_buf_char(&out, '\n');
    assert_int_equal(bf_checkpoint_verify(bf_buf_view(&out), &s, &read, &e), BF_EFORMAT);
    bf_buf_fini(&out);
}

static void test_checkpoint_refused(void **state) {
    (void)state;
    struct bf_signer s = signer();
    struct bf_checkpoint c = checkpoint_of(7);
    struct bf_buf out;
    struct bf_error e;
    static const char *const origins[] = {"", "a\nb", "\xff", "a\tb"};
    bf_buf_init(&out);
    for (size_t i = 0; i < sizeof origins / sizeof *origins; i++) {
        c.origin = bf_str_of(origins[i]);
        assert_int_equal(bf_checkpoint_write(&c, &s, &out, &e), BF_EFORMAT);
    }
    c.origin = BF_STR("a");
    bf_signer_fini(&s);
    assert_int_equal(bf_checkpoint_write(&c, &s, &out, &e), BF_EIO);
    bf_buf_fini(&out);
    assert_int_equal(bf_checkpoint_verify((bf_str){NULL, 0}, &s, &c, &e), BF_EFORMAT);
    struct bf_receipt r;
    assert_int_equal(bf_receipt_verify((bf_str){NULL, 0}, &s, &r, &e), BF_EFORMAT);
}

static const char body[] = "{\"key\":\"k\"}";

/* A tree of 11 of which row 6 is over the body; the receipt for it. */
static bool make_receipt(const struct bf_signer *s, bool has_salt, struct bf_buf *out) {
    struct bf_receipt r = {
        .hash = BF_HASH_SHA256, .head_len = 40, .has_salt = has_salt, .index = 6};
    struct bf_merkle t;
    struct tile_store kept = {0};
    struct bf_tiles from = {tile_store_read, &kept};
    struct bf_checkpoint c = {.origin = BF_STR("o"), .size = 11};
    struct bf_error e;
    struct bf_buf note;
    uint8_t leaf[BF_HASH_LEN];
    memset(r.head, 7, sizeof r.head);
    memset(r.salt, 9, sizeof r.salt);
    bf_merkle_body(sha, r.salt, body, sizeof body - 1, r.body_hash);
    bf_merkle_leaf(sha, r.head, r.head_len, r.body_hash, leaf);
    bf_merkle_init(&t, sha);
    for (int i = 0; i < 11; i++)
        tile_store_append(&kept, &t, i == 6 ? leaf : leaves[i]);
    bf_merkle_root(&t, c.root);
    bf_buf_init(&note);
    bool ok = !bf_merkle_inclusion(sha, &from, 6, 11, &r.proof, &e) &&
              !bf_checkpoint_write(&c, s, &note, &e);
    if (ok) {
        r.note = bf_buf_view(&note);
        bf_receipt_write(&r, out);
        ok = !out->failed;
    } else {
        assert_int_equal(e.code, BF_ENOMEM);
    }
    bf_buf_fini(&note);
    tile_store_fini(&kept);
    return ok;
}

static void test_receipt(void **state) {
    (void)state;
    struct bf_signer s = signer();
    struct bf_receipt r;
    struct bf_error e;
    for (int has_salt = 0; has_salt < 2; has_salt++) {
        struct bf_buf out, again;
        bf_buf_init(&out);
        bf_buf_init(&again);
        assert_true(make_receipt(&s, has_salt, &out));
        assert_int_equal(bf_receipt_verify(bf_buf_view(&out), &s, &r, &e), BF_OK);
        assert_int_equal(r.index, 6);
        assert_int_equal(r.checkpoint.size, 11);
        assert_int_equal(r.head_len, 40);
        assert_int_equal(bf_receipt_body(&r, bf_str_of(body), &e), has_salt ? BF_OK : BF_EFORMAT);
        assert_int_equal(bf_receipt_body(&r, BF_STR("{}"), &e), BF_EFORMAT);
        bf_receipt_write(&r, &again);
        assert_true(bf_str_eq(bf_buf_view(&out), bf_buf_view(&again)));
        bf_buf_fini(&again);
        bf_buf_fini(&out);
    }
}

/* No bit of a receipt can be turned but those of the salt, which only the body tells. */
static void test_receipt_tampered(void **state) {
    (void)state;
    struct bf_signer s = signer();
    struct bf_receipt r;
    struct bf_error e;
    struct bf_buf out;
    bf_buf_init(&out);
    assert_true(make_receipt(&s, true, &out));
    const char *salt = strstr(out.p, "salt "), *salt_end = strchr(salt, '\n');
    for (uint32_t i = 0; i < out.len; i++) {
        for (int bit = 0; bit < 8; bit++) {
            out.p[i] ^= (char)(1 << bit);
            bool in_salt = out.p + i >= salt + 5 && out.p + i < salt_end;
            enum bf_err err = bf_receipt_verify(bf_buf_view(&out), &s, &r, &e);
            if (err)
                assert_int_equal(err, BF_EFORMAT);
            else
                assert_true(in_salt && bf_receipt_body(&r, bf_str_of(body), &e) == BF_EFORMAT);
            out.p[i] ^= (char)(1 << bit);
        }
        assert_int_equal(bf_receipt_verify((bf_str){out.p, i}, &s, &r, &e), BF_EFORMAT);
    }
    bf_buf_fini(&out);
}

static void test_mutated(void **state) {
    (void)state;
    struct bf_signer s = signer();
    struct bf_receipt r;
    struct bf_error e;
    struct bf_buf out;
    uint64_t seed = 1;
    bf_buf_init(&out);
    assert_true(make_receipt(&s, true, &out));
    for (unsigned i = 0; i < test_rounds(20000); i++) {
        char *copy = malloc(out.len); /* exactly, so that a read past its end is seen */
        memcpy(copy, out.p, out.len);
        uint64_t from = test_random(&seed) % out.len, to = test_random(&seed) % out.len;
        uint64_t n = test_random(&seed) % (out.len - (from > to ? from : to));
        memmove(copy + to, copy + from, n);
        uint32_t len = (uint32_t)(out.len - (i % 3 == 0 ? test_random(&seed) % out.len : 0));
        bool changed = len != out.len || memcmp(copy, out.p, len) != 0;
        enum bf_err err = bf_receipt_verify((bf_str){copy, len}, &s, &r, &e);
        if (changed && !err) /* what moved was inside the salt */
            assert_int_equal(bf_receipt_body(&r, bf_str_of(body), &e), BF_EFORMAT);
        assert_true(changed || !err);
        free(copy);
    }
    bf_buf_fini(&out);
}

struct checked {
    struct bf_buf receipt;
};

static bool attempt_verify(void *ctx) {
    struct checked *c = ctx;
    struct bf_signer ours, read;
    struct bf_receipt r;
    struct bf_error e;
    bool ok = !bf_signer_open(key_name, key_seed, BF_SEED_LEN, &ours, &e) &&
              !bf_signer_read(bf_str_of(example_key), &read, &e) &&
              !bf_receipt_verify(bf_buf_view(&c->receipt), &ours, &r, &e) &&
              !bf_receipt_body(&r, bf_str_of(body), &e);
    assert_true(ok || e.code == BF_ENOMEM);
    return ok;
}

static bool attempt_make(void *ctx) {
    struct checked *c = ctx;
    struct bf_signer s;
    struct bf_buf out;
    struct bf_error e;
    bf_buf_init(&out);
    bool ok =
        !bf_signer_open(key_name, key_seed, BF_SEED_LEN, &s, &e) && make_receipt(&s, true, &out);
    assert_true(!ok || bf_str_eq(bf_buf_view(&out), bf_buf_view(&c->receipt)));
    bf_buf_fini(&out);
    return ok;
}

static void test_no_memory(void **state) {
    (void)state;
    struct bf_signer s = signer();
    struct checked c;
    bf_buf_init(&c.receipt);
    assert_true(make_receipt(&s, true, &c.receipt));
    assert_true(fault_until_quiet(attempt_make, &c) > 0);
    assert_true(fault_until_quiet(attempt_verify, &c) > 0);
    bf_buf_fini(&c.receipt);
}

/* A tile that cannot be read ends the proof with what the reader said. */
static void test_no_tile(void **state) {
    (void)state;
    struct tile_store none = {0};
    struct bf_tiles from = {tile_store_read, &none};
    struct bf_merkle_proof p;
    struct bf_merkle t;
    struct bf_error e;
    assert_int_equal(bf_merkle_inclusion(sha, &from, 3, 9, &p, &e), BF_ENOENT);
    assert_int_equal(bf_merkle_consistency(sha, &from, 3, 9, &p, &e), BF_ENOENT);
    assert_int_equal(bf_merkle_load(&t, sha, &from, 9, &e), BF_ENOENT);
    assert_string_equal(e.text, "tile 0/0 has no 9 hashes");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_trees),
        cmocka_unit_test(test_leaf),
        cmocka_unit_test(test_hashes),
        cmocka_unit_test(test_frontier),
        cmocka_unit_test(test_tiles),
        cmocka_unit_test(test_inclusion),
        cmocka_unit_test(test_consistency),
        cmocka_unit_test(test_inclusion_tampered),
        cmocka_unit_test(test_consistency_tampered),
        cmocka_unit_test(test_huge),
        cmocka_unit_test(test_ed25519),
        cmocka_unit_test(test_public_key),
        cmocka_unit_test(test_base64),
        cmocka_unit_test(test_checkpoint),
        cmocka_unit_test(test_checkpoint_refused),
        cmocka_unit_test(test_receipt),
        cmocka_unit_test(test_receipt_tampered),
        cmocka_unit_test(test_mutated),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_no_tile),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
