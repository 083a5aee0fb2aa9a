/* fuzz_receipt: any bytes are a receipt, a checkpoint, a public key, a frontier, or an error that says why not. What
** is read is written again as it was. Beside a real key, whose signatures no input will have, there is one that
** believes every signature, so that what lies behind is reached. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "engine/core/checkpoint.h"

static bool believe(const struct bf_signer *s, const void *message, size_t len,
                    const uint8_t *signature) {
    (void)message;
    (void)signature;
    return s->signature_len == 1 && len > 0;
}

static void check_error(enum bf_err err, const struct bf_error *e) {
    FUZZ_CHECK(err == BF_EFORMAT && e->code == err && e->text[0]);
    FUZZ_CHECK(bf_utf8_check(e->text, strlen(e->text)) == strlen(e->text));
}

static void check_receipt(bf_str bytes, const struct bf_signer *key) {
    struct bf_receipt r;
    struct bf_error e = {.code = BF_OK, .text = ""};
    struct bf_buf again;
    enum bf_err err = bf_receipt_verify(bytes, key, &r, &e);
    if (err) {
        check_error(err, &e);
        return;
    }
    FUZZ_CHECK(r.index < r.checkpoint.size && r.proof.count <= BF_MERKLE_PROOF);
    bf_buf_init(&again);
    bf_receipt_write(&r, &again);
    FUZZ_CHECK(bf_str_eq(bf_buf_view(&again), bytes));
    bf_buf_fini(&again);
    err = bf_receipt_body(&r, bytes, &e);
    if (err)
        check_error(err, &e);
}

static void check_checkpoint(bf_str bytes, const struct bf_signer *key) {
    struct bf_checkpoint c;
    struct bf_error e = {.code = BF_OK, .text = ""};
    enum bf_err err = bf_checkpoint_verify(bytes, key, &c, &e);
    if (err)
        check_error(err, &e);
    else
        FUZZ_CHECK(c.origin.len && c.origin.p == bytes.p && c.size <= BF_MERKLE_SIZE_MAX);
}

static void check_key(bf_str bytes) {
    struct bf_signer s;
    struct bf_error e = {.code = BF_OK, .text = ""};
    struct bf_buf again;
    enum bf_err err = bf_signer_read(bytes, &s, &e);
    if (err) {
        check_error(err, &e);
        return;
    }
    bf_buf_init(&again);
    bf_signer_public(&s, &again);
    FUZZ_CHECK(bf_str_eq(bf_buf_view(&again), bytes));
    bf_buf_fini(&again);
}

static void check_frontier(const uint8_t *data, size_t size) {
    struct bf_hasher *h = bf_hasher_new(BF_HASH_SHA256);
    struct bf_merkle t;
    struct bf_error e = {.code = BF_OK, .text = ""};
    uint8_t again[BF_MERKLE_BYTES_MAX], root[BF_HASH_LEN];
    FUZZ_CHECK(h);
    enum bf_err err = bf_merkle_read(&t, h, data, size, &e);
    if (err) {
        check_error(err, &e);
    } else {
        bf_merkle_root(&t, root);
        FUZZ_CHECK(bf_merkle_write(&t, again) == size && memcmp(again, data, size) == 0);
    }
    bf_hasher_free(h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const uint8_t seed[BF_SEED_LEN] = {1};
    bf_str bytes = {(const char *)data, (uint32_t)size};
    struct bf_signer real, credulous = {.name = BF_STR("k"), .signature_len = 1, .verify = believe};
    struct bf_error e;
    if (size > 1 << 16)
        return 0;
    FUZZ_CHECK(bf_signer_open(BF_STR("k"), seed, sizeof seed, &real, &e) == BF_OK);
    check_receipt(bytes, &real);
    check_receipt(bytes, &credulous);
    check_checkpoint(bytes, &real);
    check_checkpoint(bytes, &credulous);
    check_key(bytes);
    check_frontier(data, size);
    return 0;
}
