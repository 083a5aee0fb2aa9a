/* fuzz_image: the loader and verifier of images, and the dump, which reads every row of what they accept.
**
** The first byte of an input chooses. 0: the rest is taken as an image, as it is, and again with its frame
** put right (directory and hashes), so that the rows are what is tested. 1 and 2: the rest are edits of one of two
** sound images, which is sealed again: seven bytes each, table, row's word (2), what to do, operand (2), spare.
** So inputs stay small and mean the same when the format changes.
*/
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tests/unit/rich_image.h"

static void try_load(const uint8_t *bytes, size_t size) {
    struct bf_arena *a = bf_arena_new(64 << 20);
    struct bf_image *m = NULL;
    struct bf_error e = {0};
    FUZZ_CHECK(a);
    enum bf_err err = bf_image_load(a, bytes, size, &m, &e);
    FUZZ_CHECK(err == BF_OK || (err == BF_EFORMAT && e.text[0] && e.code == err));
    if (err == BF_OK) {
        struct bf_buf out;
        bf_buf_init(&out);
        bf_image_dump(m, &out);
        FUZZ_CHECK(!out.failed && bf_utf8_check(out.p, out.len) == out.len);
        bf_buf_fini(&out);
    }
    bf_arena_free(a);
}

/* Makes the frame fit the bytes: as many rows of each table as there is room for. */
static void mend_frame(uint8_t *bytes, size_t size) {
    struct bf_i_header *h = (void *)bytes;
    size_t at = BF_I_FIRST;
    memcpy(h->magic, BF_IMAGE_MAGIC, sizeof h->magic);
    h->format = BF_IMAGE_FORMAT;
    h->edition = BF_EDITION;
    h->semantics = BF_SEMANTICS;
    h->tables = BF_I_TABLES;
    h->size = (uint32_t)size;
    h->zero = 0;
    for (int t = 0; t < BF_I_TABLES; t++) {
        struct bf_i_dir *d = &h->dir[t];
        size_t row = bf_i_row_size(t), room = (size - at) / row;
        d->off = (uint32_t)at;
        if (d->count > room)
            d->count = (uint32_t)room;
        if (d->policy > d->count || t >= BF_I_UNHASHED)
            d->policy = 0;
        size_t end = at + d->count * row;
        at = (end + 7) & ~(size_t)7;
        memset(bytes + end, 0, at - end);
    }
}

static void raw(const uint8_t *data, size_t size) {
    struct bf_arena *a = bf_arena_new(0);
    FUZZ_CHECK(a);
    uint8_t *bytes = bf_arena_zalloc(a, size + BF_I_FIRST + 8);
    memcpy(bytes, data, size);
    try_load(bytes, size);
    if (size < BF_I_FIRST)
        size = BF_I_FIRST;
    size = (size + 7) & ~(size_t)7;
    mend_frame(bytes, size);
    /* What is left over behind the last table is cut off. */
    const struct bf_i_header *h = (void *)bytes;
    const struct bf_i_dir *last = &h->dir[BF_I_TABLES - 1];
    size = (last->off + last->count * bf_i_row_size(BF_I_TABLES - 1) + 7) & ~(size_t)7;
    mend_frame(bytes, size);
    bf_image_seal(bytes, size);
    try_load(bytes, size);
    bf_arena_free(a);
}

static void edited(bool rich, const uint8_t *data, size_t size) {
    struct bf_arena *a = bf_arena_new(0);
    struct bf_error e;
    struct mk k;
    const uint8_t *sound;
    size_t sound_size;
    FUZZ_CHECK(a);
    if (rich) {
        rich_build(&k, a);
    } else {
        mk_reply_policy(&k, a, 1);
        mk_reply_scenario(&k);
    }
    FUZZ_CHECK(bf_build_finish(&k.b, a, &sound, &sound_size, &e) == BF_OK);
    bf_build_fini(&k.b);
    uint8_t *bytes = bf_arena_copy(a, sound, sound_size);
    for (; size >= MK_EDIT; size -= MK_EDIT, data += MK_EDIT)
        mk_edit(bytes, data);
    bf_image_seal(bytes, sound_size);
    try_load(bytes, sound_size);
    bf_arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!size)
        return 0;
    if (data[0] % 3)
        edited(data[0] % 3 == 2, data + 1, size - 1);
    else
        raw(data + 1, size - 1);
    return 0;
}
