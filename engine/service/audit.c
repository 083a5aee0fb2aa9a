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

enum bf_err bf_audit_root(const struct bf_row_head *head, struct bf_checkpoint *c,
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
    enum bf_err err = bf_audit_root(head, &c, e);
    return err ? err : bf_checkpoint_write(&c, &s->signer, out, e);
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

static void write_note(struct bf_service *s);

static void tell_waiting(struct bf_service *s) {
    struct bf_audit_wait *w = s->waiting, *next;
    for (s->waiting = NULL; w; w = next) {
        next = w->next;
        w->then(w->ctx);
    }
}

static void looked(struct bf_service *s, enum bf_err err, const struct bf_error *e,
                   uint64_t signed_size, uint64_t size) {
    bool unknown = err == BF_ENOMEM || err == BF_ELIMIT;
    s->checkpointing = false;
    s->looked = !err ? BF_LOOKED_GOES_ON : unknown ? BF_LOOKED_UNKNOWN : BF_LOOKED_CONFLICT;
    if (!err)
        write_note(s);
    tell_waiting(s);
    if (!err)
        return;
    bf_log(s->log, BF_LOG_ERROR, unknown ? "checkpoint_failed" : "checkpoint_conflict", NULL,
           BF_LOG_FIELDS(BF_LOG_INT("signed", (int64_t)signed_size),
                         BF_LOG_INT("size", (int64_t)size), BF_LOG_STR("why", bf_str_of(e->text))));
}

static void look_at_last(struct bf_service *s) {
    s->checkpointing = true;
    bf_audit_look(s, looked);
}

static void write_note(struct bf_service *s) {
    struct bf_query q = {.table = BF_TABLE_HEAD, .limit = 1};
    s->checkpointing = true;
    bf_store_read(s->store, &q, head_read, s);
}

void bf_audit_when_looked(struct bf_service *s, struct bf_audit_wait *w) {
    if (s->looked != BF_LOOKED_NOT || !s->signer.sign || !s->committed) {
        w->then(w->ctx);
        return;
    }
    w->next = s->waiting;
    s->waiting = w;
    if (!s->checkpointing)
        look_at_last(s);
}

bool bf_audit_settled(const struct bf_service *s) {
    return !s->checkpointing &&
           (!s->signer.sign || s->committed == s->checkpointed || s->checkpointed_last);
}

void bf_audit_turn(struct bf_service *s, int64_t boot_us) {
    int64_t interval = bf_config_int(s->config, BF_CONFIG_CHECKPOINT_INTERVAL) * 1000;
    bool last = s->draining && bf_engine_idle(s->engine);
    if (!s->ready || s->dead || s->checkpointing || bf_audit_settled(s) ||
        (!last && boot_us - s->checkpointed_us < interval))
        return;
    s->checkpointed_last = last;
    s->checkpointed_us = boot_us;
    (s->looked == BF_LOOKED_GOES_ON ? write_note : look_at_last)(s);
}
