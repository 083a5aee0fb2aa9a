/* journal_read: the journal file, read; see journal_file.h. */
#include <string.h>

#include "engine/core/journal_file.h"
#include "lang/base/mem.h"

/* What rows name by hash; in the arena. */
struct blob {
    struct blob *next;
    uint8_t hash[BF_SHA256_LEN];
    const struct bf_image *image;
    const struct bf_calendar *calendar; /* one of the two */
};

struct bf_journal_in {
    struct bf_supply from;
    struct bf_hasher *hasher;
    struct bf_merkle tree;
    struct bf_arena *blobs, *row_arena;
    struct blob *known;
    struct bf_buf line; /* on the heap, without its newline */
    uint64_t line_no;
    struct bf_entry_head last;
    struct bf_journal_row row;
    bool ended;
    size_t at, filled;
    char chunk[1 << 16];
};

static enum bf_err bad(struct bf_journal_in *in, struct bf_error *e, const char *what) {
    return bf_fail(e, BF_EFORMAT, "line %llu: %s", (unsigned long long)in->line_no, what);
}

/* ---- lines ---- */

static enum bf_err fill(struct bf_journal_in *in, struct bf_error *e) {
    in->at = in->filled = 0;
    return in->from.read(in->from.ctx, in->chunk, sizeof in->chunk, &in->filled, e);
}

/* The next line, without its newline; *there false at the end of the file. */
static enum bf_err read_line(struct bf_journal_in *in, bool *there, struct bf_error *e) {
    in->line.len = 0;
    in->line_no++;
    for (;;) {
        enum bf_err err = in->at == in->filled ? fill(in, e) : BF_OK;
        if (err)
            return err;
        *there = in->filled > 0;
        if (!*there)
            return in->line.len ? bad(in, e, "the file is cut off in this line") : BF_OK;
        const char *p = in->chunk + in->at, *end = memchr(p, '\n', in->filled - in->at);
        size_t n = end ? (size_t)(end - p) : in->filled - in->at;
        if (in->line.len + n > BF_JOURNAL_LINE_MAX)
            return bad(in, e, "longer than a line may be");
        bf_buf_put(&in->line, p, n);
        if (in->line.failed)
            return bf_fail(e, BF_ENOMEM, "out of memory");
        in->at += n + (end != NULL);
        if (end)
            return BF_OK;
    }
}

/* ---- words ---- */

/* Up to the next blank, which it takes. */
static bf_str word(bf_str *rest) {
    if (rest->len == 0) /* of an empty line, which may be NULL */
        return *rest;
    const char *blank = memchr(rest->p, ' ', rest->len);
    bf_str w = {rest->p, blank ? (uint32_t)(blank - rest->p) : rest->len};
    *rest = blank ? (bf_str){blank + 1, rest->len - w.len - 1} : (bf_str){rest->p + rest->len, 0};
    return w;
}

static int hex_digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool hex(bf_str s, uint8_t *out, size_t n) {
    if (s.len != 2 * n)
        return false;
    for (size_t i = 0; i < n; i++) {
        int high = hex_digit(s.p[2 * i]), low = hex_digit(s.p[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static int base64_digit(char c) {
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* One spelling only: padded, and no bits left over. */
static bool base64(struct bf_arena *a, bf_str s, bf_str *out) {
    if (s.len % 4)
        return false;
    uint8_t *bytes = bf_arena_alloc(a, s.len / 4 * 3 + 1);
    uint32_t n = 0;
    for (uint32_t i = 0; i < s.len; i += 4) {
        const char *q = s.p + i;
        bool last = i + 4 == s.len;
        int pad = last && q[3] == '=' ? 1 + (q[2] == '=') : 0, digit[4] = {0};
        for (int k = 0; k < 4 - pad; k++)
            if ((digit[k] = base64_digit(q[k])) < 0)
                return false;
        uint32_t bits = (uint32_t)(digit[0] << 18 | digit[1] << 12 | digit[2] << 6 | digit[3]);
        if (pad && bits & (pad == 1 ? 0xFFu : 0xFFFFu))
            return false;
        for (int k = 0; k < 3 - pad; k++)
            bytes[n++] = (uint8_t)(bits >> (16 - 8 * k));
    }
    *out = (bf_str){(const char *)bytes, n};
    return true;
}

/* ---- images and calendars ---- */

static const struct blob *known(const struct bf_journal_in *in, const uint8_t hash[BF_SHA256_LEN],
                                bool image) {
    for (const struct blob *b = in->known; b; b = b->next)
        if ((b->image != NULL) == image && memcmp(b->hash, hash, BF_SHA256_LEN) == 0)
            return b;
    return NULL;
}

static const struct bf_image *find_image(void *ctx, const uint8_t hash[BF_SHA256_LEN]) {
    const struct blob *b = known(ctx, hash, true);
    return b ? b->image : NULL;
}

const struct bf_calendar *bf_journal_in_calendar(const struct bf_journal_in *in,
                                                 const uint8_t hash[BF_SHA256_LEN]) {
    const struct blob *b = known(in, hash, false);
    return b ? b->calendar : NULL;
}

static enum bf_err read_image(struct bf_journal_in *in, struct blob *b, bf_str bytes,
                              struct bf_error *e) {
    struct bf_image *m;
    enum bf_err err = bf_image_load(in->blobs, bytes.p, bytes.len, &m, e);
    if (err)
        return bf_error_wrap(e, "line %llu", (unsigned long long)in->line_no);
    if (memcmp(m->hash, b->hash, BF_SHA256_LEN) != 0)
        return bad(in, e, "the image is not the one it is said to be");
    b->image = m;
    return BF_OK;
}

static enum bf_err read_calendar(struct bf_journal_in *in, struct blob *b, bf_str name,
                                 bf_str bytes, struct bf_error *e) {
    enum bf_err err =
        bf_calendar_load(in->blobs, name, bytes.p, bytes.len, BF_DAY_MAX, &b->calendar, e);
    if (err)
        return bf_error_wrap(e, "line %llu", (unsigned long long)in->line_no);
    if (memcmp(bf_calendar_hash(b->calendar), b->hash, BF_SHA256_LEN) != 0)
        return bad(in, e, "the calendar is not the one it is said to be");
    return BF_OK;
}

static enum bf_err read_blob(struct bf_journal_in *in, bf_str rest, bool image,
                             struct bf_error *e) {
    struct blob *b = bf_new(in->blobs, struct blob);
    bf_str hash = word(&rest), name = image ? (bf_str){"", 0} : word(&rest), bytes;
    if (!hex(hash, b->hash, BF_SHA256_LEN) || (!image && !name.len) ||
        !base64(in->blobs, rest, &bytes))
        return bad(in, e, "not a hash and the bytes it names");
    if (known(in, b->hash, image))
        return bad(in, e, "given twice");
    enum bf_err err = image ? read_image(in, b, bytes, e) : read_calendar(in, b, name, bytes, e);
    if (err)
        return err;
    b->next = in->known;
    in->known = b;
    return BF_OK;
}

/* ---- rows ---- */

static enum bf_err in_order(struct bf_journal_in *in, const struct bf_entry_head *h,
                            struct bf_error *e) {
    if (!in->tree.size)
        return BF_OK;
    if (h->seq != in->last.seq + 1)
        return bad(in, e, "its number does not follow the one before");
    if (h->partition != in->last.partition)
        return bad(in, e, "of another partition");
    if (h->recorded < in->last.recorded)
        return bad(in, e, "recorded before the one before");
    return BF_OK;
}

static void add_leaf(struct bf_journal_in *in) {
    uint8_t leaf[BF_HASH_LEN], tiles[BF_TILE_LEVELS][BF_HASH_LEN], body_hash[BF_HASH_LEN];
    const struct bf_journal_row *r = &in->row;
    memcpy(body_hash, r->body_hash, sizeof body_hash);
    if (!r->gone)
        bf_merkle_body(in->hasher, r->salt, r->body.p, r->body.len, body_hash);
    bf_merkle_leaf(in->hasher, r->head, BF_ENTRY_HEAD, body_hash, leaf);
    bf_merkle_append(&in->tree, leaf, tiles);
}

static enum bf_err read_row(struct bf_journal_in *in, bf_str rest, bool gone, struct bf_entry *n,
                            struct bf_error *e) {
    const struct bf_images images = {find_image, in};
    struct bf_journal_row *r = &in->row;
    struct bf_entry_head h;
    bf_str head = word(&rest), mark = word(&rest);
    *r = (struct bf_journal_row){.gone = gone, .body = rest};
    bool whole = gone ? hex(mark, r->body_hash, BF_HASH_LEN) && !rest.len
                      : hex(mark, r->salt, BF_MERKLE_SALT);
    if (!hex(head, r->head, BF_ENTRY_HEAD) || !whole)
        return bad(in, e, gone ? "not a header and a hash" : "not a header, a salt and a body");
    enum bf_err err = bf_entry_head_read(r->head, &h, e);
    if (!err && (err = in_order(in, &h, e)) != BF_OK)
        return err;
    bf_arena_reset(in->row_arena);
    *n = (struct bf_entry){.head = h, .proc = BF_NONE, .day = BF_DAY_NONE, .gone = true};
    if (!err && !gone)
        err = bf_entry_read(&images, in->row_arena, &h, rest, n, e);
    if (err)
        return bf_error_wrap(e, "line %llu", (unsigned long long)in->line_no);
    add_leaf(in);
    in->last = h;
    return BF_OK;
}

static enum bf_err read_end(struct bf_journal_in *in, bf_str rest, struct bf_error *e) {
    uint8_t root[BF_HASH_LEN], said[BF_HASH_LEN];
    struct bf_buf count;
    bool there;
    bf_buf_in(&count, in->row_arena);
    bf_buf_fmt(&count, "%llu", (unsigned long long)in->tree.size);
    if (!bf_str_eq(word(&rest), bf_buf_view(&count)))
        return bad(in, e, "another number of rows than there are");
    bf_merkle_root(&in->tree, root);
    if (!hex(rest, said, sizeof said) || memcmp(root, said, sizeof root) != 0)
        return bad(in, e,
                   "the rows are not those that were written: the root of their tree differs");
    enum bf_err err = read_line(in, &there, e);
    if (!err && there)
        err = bad(in, e, "more after the last line");
    in->ended = !err;
    return err;
}

/* Lines up to and with the next row; *there false: the last line was read. */
static enum bf_err read_next(struct bf_journal_in *in, struct bf_entry *n, bool *there,
                             struct bf_error *e) {
    for (;;) {
        enum bf_err err = read_line(in, there, e);
        if (err)
            return err;
        if (!*there)
            return bad(in, e, "the file is cut off: its last line is missing");
        bf_str rest = bf_buf_view(&in->line), first = word(&rest);
        if (bf_str_eq(first, BF_STR("row")) || bf_str_eq(first, BF_STR("gone")))
            return read_row(in, rest, first.len == 4, n, e);
        *there = false;
        if (bf_str_eq(first, BF_STR("end")))
            return read_end(in, rest, e);
        bool image = bf_str_eq(first, BF_STR("image"));
        if (!image && !bf_str_eq(first, BF_STR("calendar")))
            return bad(in, e, "no line of a journal");
        if ((err = read_blob(in, rest, image, e)) != BF_OK)
            return err;
    }
}

bool bf_journal_in_next(void *ctx, struct bf_entry *n, enum bf_err *err, struct bf_error *e) {
    struct bf_journal_in *in = ctx;
    bool there = false;
    jmp_buf full;
    if (in->ended)
        return false;
    if (setjmp(full)) {
        *err = bf_fail(e, BF_ENOMEM, "line %llu: out of memory", (unsigned long long)in->line_no);
        return false;
    }
    bf_arena_on_exhausted(in->blobs, &full);
    bf_arena_on_exhausted(in->row_arena, &full);
    *err = read_next(in, n, &there, e);
    bf_arena_on_exhausted(in->blobs, NULL);
    bf_arena_on_exhausted(in->row_arena, NULL);
    return !*err && there;
}

const struct bf_journal_row *bf_journal_in_row(const struct bf_journal_in *in) { return &in->row; }

/* ---- opening ---- */

static enum bf_err first_line(struct bf_journal_in *in, struct bf_error *e) {
    bool there;
    enum bf_err err = read_line(in, &there, e);
    if (err)
        return err;
    bf_str rest = there ? bf_buf_view(&in->line) : (bf_str){"", 0};
    if (!bf_str_eq(word(&rest), BF_STR("banfa")) || !bf_str_eq(word(&rest), BF_STR("journal")))
        return bad(in, e, "not a journal");
    if (!bf_str_eq(word(&rest), BF_STR("1")))
        return bad(in, e, "a journal of a format this program does not know");
    for (int h = BF_HASH_SHA256; h <= BF_HASH_SM3; h++)
        if (bf_str_eq(rest, bf_str_of(bf_hash_word((enum bf_hash)h)))) {
            in->hasher = bf_hasher_new((enum bf_hash)h);
            if (!in->hasher)
                return bf_fail(e, BF_ENOMEM, "out of memory");
            bf_merkle_init(&in->tree, in->hasher);
            return BF_OK;
        }
    return bad(in, e, "a journal of a hash this program does not know");
}

enum bf_err bf_journal_in_open(const struct bf_supply *from, struct bf_journal_in **out,
                               struct bf_error *e) {
    struct bf_journal_in *in = bf_malloc(sizeof *in);
    if (!in)
        return bf_fail(e, BF_ENOMEM, "out of memory");
    memset(in, 0, offsetof(struct bf_journal_in, chunk));
    in->from = *from;
    bf_buf_init(&in->line);
    in->blobs = bf_arena_new(BF_JOURNAL_BLOBS_MAX);
    in->row_arena = bf_arena_new(BF_JOURNAL_ROW_MAX);
    enum bf_err err =
        in->blobs && in->row_arena ? first_line(in, e) : bf_fail(e, BF_ENOMEM, "out of memory");
    if (err)
        bf_journal_in_free(in);
    else
        *out = in;
    return err;
}

void bf_journal_in_free(struct bf_journal_in *in) {
    if (!in)
        return;
    bf_hasher_free(in->hasher);
    bf_arena_free(in->blobs);
    bf_arena_free(in->row_arena);
    bf_buf_fini(&in->line);
    bf_free(in);
}
