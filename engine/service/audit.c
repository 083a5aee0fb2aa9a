/* audit: see audit.h. */
#include "engine/service/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/service/closed.h"
#include "lang/base/mem.h"
#include "lang/base/stdlib.h"

enum { TILES = 4 * BF_TILE_LEVELS };

static enum bf_err root_of(const struct bf_row_head *head, struct bf_checkpoint *c,
                           struct bf_error *e) {
    struct bf_hasher *h = bf_hasher_new(bf_merkle_kind(head->tree.p, head->tree.len));
    struct bf_merkle tree;
    if (!h)
        return bf_fail(e, BF_ENOMEM, "out of memory");
    enum bf_err err = BF_OK;
    if (head->tree.len)
        err = bf_merkle_read(&tree, h, head->tree.p, head->tree.len, e);
    else
        bf_merkle_init(&tree, h);
    if (!err) {
        c->size = tree.size;
        bf_merkle_root(&tree, c->root);
    }
    bf_hasher_free(h);
    return err;
}

enum bf_err bf_audit_note(struct bf_service *s, const struct bf_row_head *head, struct bf_buf *out,
                          struct bf_error *e) {
    struct bf_checkpoint c = {.origin = s->origin};
    if (!s->signer.sign || !s->origin.len)
        return bf_fail(e, BF_EIO, "there is no signing key");
    enum bf_err err = root_of(head, &c, e);
    return err ? err : bf_checkpoint_write(&c, &s->signer, out, e);
}

/* ---- the last one ---- */
enum bf_err bf_audit_last(const struct bf_config *config, struct bf_arena *a, bool *there,
                          struct bf_checkpoint *out, struct bf_error *e) {
    bf_str bytes, data = bf_config_text(config, BF_CONFIG_DATA);
    uint8_t seed[BF_SEED_LEN];
    struct bf_signer key;
    struct bf_buf path;
    bf_buf_in(&path, a);
    bf_buf_fmt(&path, "%.*s/" BF_AUDIT_FILE, (int)data.len, data.p);
    bf_buf_char(&path, 0);
    *there = access(path.p, F_OK) == 0 || errno != ENOENT;
    if (!*there)
        return BF_OK;
    enum bf_err err = bf_file_read(a, path.p, BF_CHECKPOINT_MAX, &bytes, e);
    if (!err)
        err = bf_service_read_key(config, seed, e);
    if (err)
        return err;
    const char *end = bytes.len ? memchr(bytes.p, '\n', bytes.len) : NULL;
    bf_str origin = {bytes.p, end ? (uint32_t)(end - bytes.p) : 0};
    err = bf_signer_open(origin, seed, sizeof seed, &key, e);
    explicit_bzero(seed, sizeof seed);
    if (!err) {
        err = bf_checkpoint_verify(bytes, &key, out, e);
        bf_signer_fini(&key);
    }
    return err ? bf_error_wrap(e, "%s", path.p) : BF_OK;
}

/* A proof of consistency takes tile after tile: one that is not here yet is read, and it is begun again. */
struct tile {
    uint32_t level, width;
    uint64_t place;
    const uint8_t *hashes;
};
struct last {
    struct bf_service *service;
    struct bf_arena *arena;
    struct bf_hasher *hasher;
    struct bf_checkpoint was, now;
    struct tile tile[TILES];
    uint32_t tile_count;
    struct tile wanted; /* width 0: none */
};

static void write_note(struct bf_service *s);

static void last_done(struct last *l, enum bf_err err, const struct bf_error *e) {
    struct bf_service *s = l->service;
    if (err) {
        s->checkpointing = false;
        bf_log(s->log, BF_LOG_ERROR, "checkpoint_conflict", NULL,
               BF_LOG_FIELDS(BF_LOG_INT("signed", (int64_t)l->was.size),
                             BF_LOG_INT("size", (int64_t)l->now.size),
                             BF_LOG_STR("why", bf_str_of(e->text))));
    }
    bf_hasher_free(l->hasher);
    bf_arena_free(l->arena);
    bf_free(l);
    if (!err) {
        s->goes_on = true;
        write_note(s);
    }
}

static enum bf_err tile_at_hand(void *ctx, uint32_t level, uint64_t index, uint32_t width,
                                uint8_t *out, struct bf_error *e) {
    struct last *l = ctx;
    for (uint32_t i = 0; i < l->tile_count; i++)
        if (l->tile[i].level == level && l->tile[i].place == index && l->tile[i].width >= width) {
            memcpy(out, l->tile[i].hashes, (size_t)width * BF_HASH_LEN);
            return BF_OK;
        }
    l->wanted = (struct tile){.level = level, .place = index, .width = width};
    return bf_fail(e, BF_EBUSY, "a tile is not at hand");
}

static void compare(struct last *l);

static void tile_read(void *ctx, enum bf_err err, const struct bf_error *error,
                      const struct bf_rows *rows) {
    struct last *l = ctx;
    struct bf_error e;
    const struct bf_row_tile *row = rows && rows->count ? rows->row : NULL;
    if (err) {
        last_done(l, err, error);
    } else if (!row || row->bytes.len / BF_HASH_LEN < l->wanted.width || l->tile_count == TILES) {
        err = bf_fail(&e, BF_EFORMAT, "a piece of the tree is missing: run banfad audit verify");
        last_done(l, err, &e);
    } else {
        uint8_t *hashes = bf_arena_copy(l->arena, row->bytes.p, row->bytes.len);
        l->tile[l->tile_count++] = (struct tile){.level = l->wanted.level,
                                                 .place = l->wanted.place,
                                                 .width = row->bytes.len / BF_HASH_LEN,
                                                 .hashes = hashes};
        compare(l);
    }
}

/* The root of what was signed, made from the tiles, and the proof that the head's tree begins with it. */
static enum bf_err prove(struct last *l, struct bf_error *e) {
    const struct bf_tiles tiles = {tile_at_hand, l};
    struct bf_merkle tree;
    struct bf_merkle_proof proof;
    uint8_t root[BF_HASH_LEN];
    if (l->was.size > l->now.size)
        return bf_fail(e, BF_EFORMAT, "rows that were signed are not there");
    enum bf_err err = bf_merkle_load(&tree, l->hasher, &tiles, l->was.size, e);
    if (!err)
        err = bf_merkle_consistency(l->hasher, &tiles, l->was.size, l->now.size, &proof, e);
    if (err)
        return err;
    bf_merkle_root(&tree, root);
    if (memcmp(root, l->was.root, BF_HASH_LEN) != 0 ||
        !bf_merkle_consistent(l->hasher, l->was.size, l->now.size, l->was.root, l->now.root,
                              &proof))
        return bf_fail(e, BF_EFORMAT,
                       "the tree is not the one that was signed: the journal was changed");
    return BF_OK;
}

static void compare(struct last *l) {
    struct bf_error e;
    l->wanted.width = 0;
    enum bf_err err = prove(l, &e);
    if (!err || !l->wanted.width) {
        last_done(l, err, &e);
        return;
    }
    struct bf_row_tile at = {.level = l->wanted.level, .place = l->wanted.place};
    struct bf_query q = {.table = BF_TABLE_TILE, .at = &at, .same = 2, .limit = 1};
    bf_store_read(l->service->store, &q, tile_read, l);
}

static void last_head(void *ctx, enum bf_err err, const struct bf_error *error,
                      const struct bf_rows *rows) {
    struct last *l = ctx;
    struct bf_error e;
    const struct bf_row_head *head = rows && rows->count ? rows->row : NULL;
    if (err)
        e = *error;
    else if (head)
        err = root_of(head, &l->now, &e);
    if (!err && !(l->hasher = bf_hasher_new(head ? bf_merkle_kind(head->tree.p, head->tree.len)
                                                 : BF_HASH_SHA256)))
        err = bf_fail(&e, BF_ENOMEM, "out of memory");
    if (err)
        last_done(l, err, &e);
    else
        compare(l);
}

static void look_at_last(struct bf_service *s) {
    struct bf_query q = {.table = BF_TABLE_HEAD, .limit = 1};
    struct bf_error e;
    struct last *l = bf_malloc(sizeof *l);
    bool there = false;
    s->checkpointing = true;
    if (!l || !(*l = (struct last){.service = s, .arena = bf_arena_new(0)}).arena) {
        bf_free(l);
        s->checkpointing = false; /* again after the next interval */
        return;
    }
    enum bf_err err = bf_audit_last(s->config, l->arena, &there, &l->was, &e);
    if (err || !there)
        last_done(l, err, &e);
    else
        bf_store_read(s->store, &q, last_head, l);
}

/* ---- from time to time ---- */
static enum bf_err write_all(const char *path, bf_str bytes, struct bf_error *e) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return bf_fail(e, BF_EIO, "%s: %s", path, strerror(errno));
    ssize_t n = write(fd, bytes.p, bytes.len);
    enum bf_err err = BF_OK;
    if (n != (ssize_t)bytes.len || fsync(fd) != 0)
        err = bf_fail(e, BF_EIO, "%s: %s", path, n >= 0 ? "short write" : strerror(errno));
    close(fd);
    return err;
}

static enum bf_err put_file(struct bf_service *s, bf_str note, struct bf_error *e) {
    bf_str data = bf_config_text(s->config, BF_CONFIG_DATA);
    char path[BF_PATH_MAX], fresh[BF_PATH_MAX];
    int n = snprintf(fresh, sizeof fresh, "%.*s/" BF_AUDIT_FILE ".new", (int)data.len, data.p);
    if (n < 0 || n >= (int)sizeof fresh)
        return bf_fail(e, BF_ELIMIT, "the path is longer than %d bytes", BF_PATH_MAX);
    snprintf(path, sizeof path, "%.*s/" BF_AUDIT_FILE, (int)data.len, data.p);
    enum bf_err err = write_all(fresh, note, e);
    if (!err && rename(fresh, path) != 0)
        err = bf_fail(e, BF_EIO, "%s: %s", path, strerror(errno));
    return err;
}

static void head_read(void *ctx, enum bf_err err, const struct bf_error *error,
                      const struct bf_rows *rows) {
    struct bf_service *s = ctx;
    struct bf_error e = {0};
    struct bf_buf note;
    const struct bf_row_head *head = rows && rows->count ? rows->row : NULL;
    s->checkpointing = false;
    bf_buf_init(&note);
    if (err)
        e = *error;
    else if (head && !(err = bf_audit_note(s, head, &note, &e)))
        err = put_file(s, bf_buf_view(&note), &e);
    bf_buf_fini(&note);
    if (err) {
        bf_log(s->log, BF_LOG_ERROR, "checkpoint_failed", NULL,
               BF_LOG_FIELDS(BF_LOG_STR("why", bf_str_of(e.text))));
    } else if (head) {
        s->checkpointed = head->seq;
        bf_log(s->log, BF_LOG_INFO, "checkpoint", NULL,
               BF_LOG_FIELDS(BF_LOG_INT("size", (int64_t)head->size),
                             BF_LOG_STR("origin", s->origin)));
    }
}

static void write_note(struct bf_service *s) {
    struct bf_query q = {.table = BF_TABLE_HEAD, .limit = 1};
    s->checkpointing = true;
    bf_store_read(s->store, &q, head_read, s);
}

void bf_audit_turn(struct bf_service *s, int64_t boot_us) {
    int64_t interval = bf_config_int(s->config, BF_CONFIG_CHECKPOINT_INTERVAL) * 1000;
    if (!s->ready || s->dead || s->checkpointing || !s->signer.sign ||
        s->committed == s->checkpointed || boot_us - s->checkpointed_us < interval)
        return;
    s->checkpointed_us = boot_us;
    (s->goes_on ? write_note : look_at_last)(s);
}
