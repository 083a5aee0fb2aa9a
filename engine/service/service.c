/* service: see service.h. Starting is a chain of reads, each asked in the done of the one before:
**
**   bf_service_open ▸ head ▸ last row (clock) ▸ settings ▸ images and calendars ▸ settings count ▸ engine ▸ ready
*/
#include "engine/service/service.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "engine/service/audit.h"
#include "engine/service/random.h"
#include "engine/service/stream.h"
#include "lang/base/assert.h"
#include "lang/base/mem.h"

enum {
    SETTINGS_PAGE = 500,
    BLOBS_PAGE = 4,
    RATE_PLACES = 1 << 14,
    IDLE_MS = 60000,
    PARTITION = 0,
    LOG_LONG = 48 << 20
};

/* What is read before anything may count. */
struct bf_service_start {
    struct bf_service *service;
    struct bf_row_setting *settings;
    uint32_t count, cap;
};

static void die(struct bf_service *s, const struct bf_error *e) {
    if (s->dead)
        return;
    s->dead = true;
    s->ready = false;
    bf_log(s->log, BF_LOG_ERROR, "dead", NULL,
           BF_LOG_FIELDS(BF_LOG_STR("why", bf_str_of(e->text))));
    s->on_dead(s->ctx, e);
}

static int64_t boot_us(struct bf_service *s) {
    return s->clock_source.read(s->clock_source.ctx).boot_us;
}

/* ---- the clock ---- */
static void log_clock(struct bf_service *s) {
    bool held = s->clock.state == BF_CLOCK_HELD;
    bf_log(s->log, held ? BF_LOG_ERROR : BF_LOG_WARNING, "clock", NULL,
           BF_LOG_FIELDS(BF_LOG_STR("state", bf_str_of(bf_clock_state_word(s->clock.state))),
                         BF_LOG_STR("reason", bf_str_of(bf_clock_reason_word(s->clock.reason))),
                         BF_LOG_INT("off_ms", s->clock.off_us / 1000)));
}

bf_instant bf_service_now(struct bf_service *s) {
    if (bf_clock_read(&s->clock, s->clock_source.read(s->clock_source.ctx)))
        log_clock(s);
    return bf_clock_now(&s->clock);
}

/* ---- policies and calendars ---- */
struct bf_policy_known *bf_service_policy(struct bf_service *s, bf_str name_or_hash) {
    for (uint32_t i = 0; i < s->policy_count; i++) {
        struct bf_policy_known *p = &s->policies[i];
        char hex[2 * BF_SHA256_LEN + 1];
        if (!p->seq) /* brought, but no row says so: a case of it could not be read again */
            continue;
        bf_hex(p->image->hash, BF_SHA256_LEN, hex);
        if (bf_str_eq(name_or_hash, bf_str_of(hex)) ||
            (p->active && bf_str_eq(name_or_hash, bf_i_text(p->image, p->image->policy.name))))
            return p;
    }
    return NULL;
}

struct bf_policy_known *bf_service_text(struct bf_service *s, bf_str name_or_hash) {
    struct bf_policy_known *p = bf_service_policy(s, name_or_hash);
    if (!p || !p->engine || !bf_str_eq(name_or_hash, bf_i_text(p->image, p->image->policy.name)))
        return p;
    const struct bf_engine_policy *text = bf_engine_text(s->engine, p->engine, bf_service_now(s));
    for (uint32_t i = 0; i < s->policy_count; i++)
        if (s->policies[i].engine == text)
            return &s->policies[i];
    return p;
}

static struct bf_policy_known *policy_of(struct bf_service *s, const uint8_t *hash) {
    for (uint32_t i = 0; i < s->policy_count; i++)
        if (memcmp(s->policies[i].image->hash, hash, BF_SHA256_LEN) == 0)
            return &s->policies[i];
    return NULL;
}

struct bf_calendar_known *bf_service_calendar(struct bf_service *s, bf_str name) {
    for (uint32_t i = 0; i < s->calendar_count; i++)
        if (s->calendars[i].adopted && bf_str_eq(bf_calendar_name(s->calendars[i].calendar), name))
            return &s->calendars[i];
    return NULL;
}

static struct bf_calendar_known *calendar_of(const struct bf_service *s, const uint8_t *hash) {
    for (uint32_t i = 0; i < s->calendar_count; i++)
        if (memcmp(bf_calendar_hash(s->calendars[i].calendar), hash, BF_SHA256_LEN) == 0)
            return &s->calendars[i];
    return NULL;
}

const struct bf_image *bf_service_image(void *service, const uint8_t hash[BF_SHA256_LEN]) {
    const struct bf_service *s = service;
    for (uint32_t i = 0; i < s->policy_count; i++)
        if (memcmp(s->policies[i].image->hash, hash, BF_SHA256_LEN) == 0)
            return s->policies[i].image;
    return NULL;
}

const struct bf_calendar *bf_service_calendar_of(const struct bf_service *s,
                                                 const uint8_t hash[BF_SHA256_LEN]) {
    const struct bf_calendar_known *c = calendar_of(s, hash);
    return c ? c->calendar : NULL;
}

/* Both arrays grow one by one: there are a few dozen in the life of a service. */
static void *grown(void *array, uint32_t count, size_t size) {
    return bf_realloc(array, (count + 1) * size);
}

enum bf_err bf_service_bring_policy(struct bf_service *s, bf_str bytes,
                                    struct bf_policy_known **out, struct bf_error *e) {
    struct bf_image *m = NULL;
    jmp_buf jump;
    struct bf_arena *a = bf_arena_new(0);
    void *more = a ? grown(s->policies, s->policy_count, sizeof *s->policies) : NULL;
    volatile enum bf_err err = BF_ENOMEM;
    if (more) {
        s->policies = more;
        bf_arena_on_exhausted(a, &jump);
        if (setjmp(jump) == 0)
            err = bf_image_load(a, bf_arena_copy(a, bytes.p, bytes.len), bytes.len, &m, e);
        else
            err = BF_ENOMEM;
        bf_arena_on_exhausted(a, NULL);
    }
    if (!err && (*out = policy_of(s, m->hash)) != NULL) {
        bf_arena_free(a);
        return BF_OK;
    }
    if (err) {
        bf_arena_free(a);
        return err == BF_ENOMEM ? bf_fail(e, err, "out of memory") : err;
    }
    *out = &s->policies[s->policy_count++];
    **out = (struct bf_policy_known){.image = m, .arena = a};
    return BF_OK;
}

enum bf_err bf_service_bring_calendar(struct bf_service *s, bf_str name, bf_str bytes,
                                      struct bf_calendar_known **out, struct bf_error *e) {
    const struct bf_calendar *c = NULL;
    jmp_buf jump;
    struct bf_arena *a = bf_arena_new(0);
    void *more = a ? grown(s->calendars, s->calendar_count, sizeof *s->calendars) : NULL;
    volatile enum bf_err err = BF_ENOMEM;
    if (more) {
        s->calendars = more;
        bf_arena_on_exhausted(a, &jump);
        if (setjmp(jump) == 0)
            err = bf_calendar_load(a, name, bytes.p, bytes.len, BF_DAY_MAX, &c, e);
        else
            err = BF_ENOMEM;
        bf_arena_on_exhausted(a, NULL);
    }
    if (!err && (*out = calendar_of(s, bf_calendar_hash(c))) != NULL) {
        bf_arena_free(a);
        return BF_OK;
    }
    if (err) {
        bf_arena_free(a);
        return err == BF_ENOMEM ? bf_fail(e, err, "out of memory") : err;
    }
    *out = &s->calendars[s->calendar_count++];
    **out = (struct bf_calendar_known){.calendar = c, .arena = a};
    return BF_OK;
}

/* The calendar starts cases of what is active. */
static void activate_policies(struct bf_service *s) {
    for (uint32_t i = 0; i < s->policy_count; i++) {
        struct bf_policy_known *p = &s->policies[i];
        if (!p->active || !p->engine || p->activated == p->seq)
            continue;
        bf_engine_activate(s->engine, p->engine, p->seq);
        p->activated = p->seq;
    }
}

/* Every known policy whose calendar is adopted steps by it. */
static enum bf_err join_policies(struct bf_service *s, struct bf_error *e) {
    for (uint32_t i = 0; i < s->policy_count; i++) {
        struct bf_policy_known *p = &s->policies[i];
        const struct bf_calendar_known *c =
            bf_service_calendar(s, bf_i_text(p->image, p->image->policy.calendar));
        if (!c || !p->seq)
            continue;
        if (!p->engine && !(p->engine = bf_engine_add_policy(s->engine, p->image, c->calendar)))
            return bf_fail(e, BF_ENOMEM, "out of memory");
    }
    if (s->ready)
        activate_policies(s); /* else once the engine has started */
    return BF_OK;
}

/* ---- settings ---- */
static bool unhex(bf_str hex, uint8_t out[BF_SHA256_LEN]) {
    for (uint32_t i = 0; i < 2 * BF_SHA256_LEN; i++) {
        const char *digits = "0123456789abcdef";
        const char *at = i < hex.len && hex.p[i] ? strchr(digits, hex.p[i]) : NULL;
        if (!at)
            return false;
        out[i / 2] = (uint8_t)(i % 2 ? out[i / 2] | (at - digits) : (at - digits) << 4);
    }
    return hex.len == 2 * BF_SHA256_LEN;
}

static enum bf_err learn_policy(struct bf_service *s, const struct bf_row_setting *row, json_t *j,
                                struct bf_error *e) {
    uint8_t hash[BF_SHA256_LEN];
    struct bf_policy_known *p = unhex(row->id, hash) ? policy_of(s, hash) : NULL;
    if (!p)
        return bf_fail(e, BF_EFORMAT, "policy %.*s: its image is not there", (int)row->id.len,
                       row->id.p);
    p->active = json_is_true(json_object_get(j, "active"));
    p->seq = row->seq;
    return join_policies(s, e);
}

static enum bf_err learn_calendar(struct bf_service *s, const struct bf_row_setting *row, json_t *j,
                                  struct bf_error *e) {
    uint8_t hash[BF_SHA256_LEN];
    const char *hex = json_string_value(json_object_get(j, "calendar"));
    struct bf_calendar_known *c = hex && unhex(bf_str_of(hex), hash) ? calendar_of(s, hash) : NULL;
    if (!c)
        return bf_fail(e, BF_EFORMAT, "calendar %.*s: it is not there", (int)row->id.len,
                       row->id.p);
    struct bf_calendar_known *before = bf_service_calendar(s, bf_calendar_name(c->calendar));
    if (before)
        before->adopted = false;
    c->adopted = true;
    c->seq = row->seq;
    if (s->ready) /* else once the engine has started */
        bf_engine_adopt_calendar(s->engine, c->calendar, row->seq);
    return join_policies(s, e);
}

/* room: of the arena, for a text of the row, since a jump from here would lose the JSON. */
static enum bf_err learn_own(struct bf_service *s, const struct bf_row_setting *row, json_t *j,
                             char *room, struct bf_error *e) {
    if (bf_str_eq(row->id, BF_STR(BF_SETTING_HELD)))
        s->holds_deliveries = json_is_true(json_object_get(j, BF_SETTING_HELD));
    if (!bf_str_eq(row->id, BF_STR(BF_SETTING_ORIGIN)))
        return BF_OK;
    const char *origin = json_string_value(json_object_get(j, BF_SETTING_ORIGIN));
    if (!origin)
        return bf_fail(e, BF_EFORMAT, "the setting \"origin\" has no text");
    s->origin = (bf_str){room, (uint32_t)strlen(origin)};
    memcpy(room, origin, s->origin.len);
    return BF_OK;
}

static enum bf_err learn_json(struct bf_service *s, const struct bf_row_setting *row,
                              struct bf_error *e) {
    bool policy = bf_str_eq(row->kind, BF_STR("policy"));
    bool calendar = bf_str_eq(row->kind, BF_STR("calendar"));
    if (!policy && !calendar && !bf_str_eq(row->kind, BF_STR(BF_SERVICE_SETTING)))
        return BF_OK; /* of another part */
    char *room = bf_arena_alloc(s->arena, row->json.len);
    json_t *j = json_loadb(row->json.p, row->json.len, 0, NULL);
    if (!json_is_object(j) && row->json.len) {
        json_decref(j);
        return bf_fail(e, BF_EFORMAT, "setting %.*s %.*s: not a JSON object, or out of memory",
                       (int)row->kind.len, row->kind.p, (int)row->id.len, row->id.p);
    }
    enum bf_err err = policy     ? learn_policy(s, row, j, e)
                      : calendar ? learn_calendar(s, row, j, e)
                                 : learn_own(s, row, j, room, e);
    json_decref(j);
    return err;
}

static void tell_succession(struct bf_service *s, const struct bf_row_setting *row) {
    if (bf_str_eq(row->kind, BF_STR("succession")))
        bf_engine_succession(s->engine, row->id, row->json, row->seq);
}

static enum bf_err learn_row(struct bf_service *s, const struct bf_row_setting *row,
                             struct bf_error *e) {
    if (s->ready) /* else once the engine has started */
        tell_succession(s, row);
    for (enum bf_directory_kind kind = 0; kind < BF_DIR_KINDS; kind++) {
        if (!bf_str_eq(row->kind, bf_str_of(bf_directory_word(kind))))
            continue;
        if (!row->json.len) {
            bf_directory_remove(s->directory, kind, row->id);
            return BF_OK;
        }
        return bf_directory_put(s->directory, kind, row->id, row->json, e);
    }
    return learn_json(s, row, e);
}

/* What is durable and does not count here would be lost until the next start: better to start now. */
static bool learn(struct bf_service *s, const struct bf_row_setting *rows, uint32_t count) {
    struct bf_error e;
    jmp_buf jump;
    volatile uint32_t done = 0;
    volatile enum bf_err err = BF_OK;
    jmp_buf *before = bf_arena_on_exhausted(s->arena, &jump);
    if (setjmp(jump) == 0)
        for (; done < count && !err; done++)
            err = learn_row(s, &rows[done], &e);
    else
        err = bf_fail(&e, BF_ENOMEM, "settings: out of memory");
    bf_arena_on_exhausted(s->arena, before);
    if (err)
        die(s, &e);
    return !err;
}

void bf_service_learn(struct bf_service *s, const struct bf_row_setting *rows, uint32_t count) {
    learn(s, rows, count);
}

/* ---- the key ---- */
/* A key that others may read signs nothing. */
static enum bf_err read_key(const char *path, uint8_t seed[BF_SEED_LEN], struct bf_error *e) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return bf_fail(e, errno == ENOENT ? BF_ENOENT : BF_EIO, "the signing key %s: %s", path,
                       strerror(errno));
    struct stat st;
    char more;
    enum bf_err err = BF_OK;
    if (fstat(fd, &st) != 0)
        err = bf_fail(e, BF_EIO, "the signing key %s: %s", path, strerror(errno));
    else if (st.st_mode & 077)
        err = bf_fail(e, BF_EFORMAT,
                      "the signing key %s: others may read it (mode %03o), make it 600", path,
                      (unsigned)st.st_mode & 0777);
    else if (read(fd, seed, BF_SEED_LEN) != BF_SEED_LEN || read(fd, &more, 1) != 0)
        err = bf_fail(e, BF_EFORMAT, "the signing key %s: a key is %d bytes", path, BF_SEED_LEN);
    close(fd);
    return err;
}

enum bf_err bf_service_read_key(const struct bf_config *c, uint8_t seed[BF_SEED_LEN],
                                struct bf_error *e) {
    bf_str data = bf_config_text(c, BF_CONFIG_DATA);
    struct bf_buf path;
    bf_buf_init(&path);
    bf_buf_fmt(&path, "%.*s/%s", (int)data.len, data.p, BF_SERVICE_KEY);
    bf_buf_char(&path, 0);
    enum bf_err err =
        path.failed ? bf_fail(e, BF_ENOMEM, "out of memory") : read_key(path.p, seed, e);
    bf_buf_fini(&path);
    return err;
}

static enum bf_err open_signer(struct bf_service *s, struct bf_error *e) {
    uint8_t seed[BF_SEED_LEN];
    enum bf_err err = bf_service_read_key(s->config, seed, e);
    if (err == BF_ENOENT)
        return BF_OK; /* it signs nothing */
    if (!err && s->origin.len)
        err = bf_signer_open(s->origin, seed, sizeof seed, &s->signer, e);
    explicit_bzero(seed, sizeof seed);
    return err;
}

/* ---- starting ---- */
static void start_free(struct bf_service_start *t) {
    if (!t)
        return;
    for (uint32_t i = 0; i < t->count; i++) {
        bf_free((void *)(uintptr_t)t->settings[i].kind.p);
        bf_free((void *)(uintptr_t)t->settings[i].id.p);
        bf_free((void *)(uintptr_t)t->settings[i].json.p);
    }
    bf_free(t->settings);
    bf_free(t);
}

static void out_of_memory(struct bf_service *s) {
    struct bf_error e;
    bf_fail(&e, BF_ENOMEM, "start: out of memory");
    die(s, &e);
}

static void engine_ready(void *ctx) {
    struct bf_service *s = ctx;
    if (s->dead)
        return;
    for (uint32_t i = 0; i < s->start->count; i++)
        tell_succession(s, &s->start->settings[i]);
    start_free(s->start);
    s->start = NULL;
    for (uint32_t i = 0; i < s->calendar_count; i++)
        if (s->calendars[i].adopted)
            bf_engine_adopt_calendar(s->engine, s->calendars[i].calendar, s->calendars[i].seq);
    activate_policies(s);
    s->ready = true;
    s->scanned_us -= bf_config_int(s->config, BF_CONFIG_SCAN_INTERVAL) * 1000; /* scan at once */
    bf_log(s->log, BF_LOG_INFO, "ready", NULL,
           BF_LOG_FIELDS(BF_LOG_INT("seq", (int64_t)s->committed),
                         BF_LOG_INT("policies", s->policy_count)));
    s->on_ready(s->ctx);
}

/* Superseded ones too: cases that were not looked at since count by them up to then. */
static enum bf_err know_calendars(struct bf_service *s, struct bf_error *e) {
    for (uint32_t i = 0; i < s->calendar_count; i++)
        if (!bf_engine_know_calendar(s->engine, s->calendars[i].calendar))
            return bf_fail(e, BF_ENOMEM, "out of memory");
    return BF_OK;
}

/* Calendars before the policies that count by them is no matter: both join when both are here. */
static void settings_count(struct bf_service *s) {
    struct bf_error e;
    if (!learn(s, s->start->settings, s->start->count))
        return;
    if (know_calendars(s, &e) || join_policies(s, &e) || open_signer(s, &e)) {
        die(s, &e);
        return;
    }
    bf_engine_start(s->engine, engine_ready, s);
}

/* Which calendar it is, its bytes say only when they are asked by the right name: that of one that was adopted. */
static enum bf_err bring_calendar(struct bf_service *s, const struct bf_row_blob *row,
                                  struct bf_error *e) {
    const struct bf_service_start *t = s->start;
    enum bf_err err = BF_EFORMAT;
    bf_fail(e, err, "no calendar is adopted that it could be of");
    for (uint32_t i = 0; err == BF_EFORMAT && i < t->count; i++) {
        struct bf_calendar_known *c;
        if (bf_str_eq(t->settings[i].kind, BF_STR("calendar")))
            err = bf_service_bring_calendar(s, t->settings[i].id, row->bytes, &c, e);
    }
    return err;
}

static enum bf_err bring(struct bf_service *s, const struct bf_row_blob *row, struct bf_error *e) {
    struct bf_policy_known *p;
    if (row->kind == BF_BLOB_IMAGE)
        return bf_service_bring_policy(s, row->bytes, &p, e);
    return bring_calendar(s, row, e);
}

static void read_blobs(struct bf_service *s, const struct bf_row_blob *after);

static void blobs_read(void *ctx, enum bf_err err, const struct bf_error *error,
                       const struct bf_rows *rows) {
    struct bf_service *s = ctx;
    struct bf_error e;
    if (err) {
        die(s, error);
        return;
    }
    const struct bf_row_blob *row = rows->row;
    for (uint32_t i = 0; i < rows->count; i++)
        if (bring(s, &row[i], &e)) {
            bf_error_wrap(&e, "an image or calendar of the database");
            die(s, &e);
            return;
        }
    if (rows->count < BLOBS_PAGE)
        settings_count(s);
    else
        read_blobs(s, &row[rows->count - 1]);
}

static void read_blobs(struct bf_service *s, const struct bf_row_blob *after) {
    struct bf_query q = {.partition = PARTITION,
                         .table = BF_TABLE_BLOB,
                         .at = after,
                         .after = after != NULL,
                         .limit = BLOBS_PAGE};
    bf_store_read(s->store, &q, blobs_read, s);
}

static bool copy(bf_str from, bf_str *to) {
    char *p = bf_malloc(from.len);
    if (p && from.len)
        memcpy(p, from.p, from.len);
    *to = (bf_str){p, from.len};
    return p != NULL;
}

static bool keep_setting(struct bf_service_start *t, const struct bf_row_setting *row) {
    if (t->count == t->cap) {
        uint32_t cap = t->cap ? t->cap * 2 : 64;
        void *more = bf_realloc(t->settings, cap * sizeof *t->settings);
        if (!more)
            return false;
        t->settings = more;
        t->cap = cap;
    }
    struct bf_row_setting *kept = &t->settings[t->count++];
    *kept = (struct bf_row_setting){.seq = row->seq};
    return copy(row->kind, &kept->kind) && copy(row->id, &kept->id) && copy(row->json, &kept->json);
}

static void read_settings(struct bf_service *s, const struct bf_row_setting *after);

static void settings_read(void *ctx, enum bf_err err, const struct bf_error *error,
                          const struct bf_rows *rows) {
    struct bf_service *s = ctx;
    if (err) {
        die(s, error);
        return;
    }
    const struct bf_row_setting *row = rows->row;
    for (uint32_t i = 0; i < rows->count; i++)
        if (!keep_setting(s->start, &row[i])) {
            out_of_memory(s);
            return;
        }
    if (rows->count < SETTINGS_PAGE)
        read_blobs(s, NULL);
    else
        read_settings(s, &row[rows->count - 1]);
}

static void read_settings(struct bf_service *s, const struct bf_row_setting *after) {
    struct bf_query q = {.partition = PARTITION,
                         .table = BF_TABLE_SETTING,
                         .at = after,
                         .after = after != NULL,
                         .limit = SETTINGS_PAGE};
    bf_store_read(s->store, &q, settings_read, s);
}

static void start_clock(struct bf_service *s, bf_instant last) {
    bf_clock_start(&s->clock, s->clock_source.read(s->clock_source.ctx), last);
    if (s->clock.state == BF_CLOCK_HELD)
        log_clock(s);
    read_settings(s, NULL);
}

static void last_row_read(void *ctx, enum bf_err err, const struct bf_error *error,
                          const struct bf_rows *rows) {
    struct bf_service *s = ctx;
    struct bf_error e;
    struct bf_entry_head head;
    if (err) {
        die(s, error);
        return;
    }
    const struct bf_row_journal *row = rows->row;
    if (!rows->count || row->head.len != BF_ENTRY_HEAD) {
        bf_fail(&e, BF_EFORMAT, "the journal's last row, %" PRIu64 ", is not there", s->committed);
        die(s, &e);
    } else if (bf_entry_head_read((const uint8_t *)row->head.p, &head, &e)) {
        bf_error_wrap(&e, "the journal's last row, %" PRIu64, s->committed);
        die(s, &e);
    } else {
        start_clock(s, head.recorded);
    }
}

static void head_read(void *ctx, enum bf_err err, const struct bf_error *error,
                      const struct bf_rows *rows) {
    struct bf_service *s = ctx;
    if (err) {
        die(s, error);
        return;
    }
    s->committed = rows->count ? ((const struct bf_row_head *)rows->row)->seq : 0;
    if (!s->committed) {
        start_clock(s, BF_INSTANT_NONE);
        return;
    }
    struct bf_row_journal at = {.seq = s->committed};
    struct bf_query q = {
        .partition = PARTITION, .table = BF_TABLE_JOURNAL, .at = &at, .same = 1, .limit = 1};
    bf_store_read(s->store, &q, last_row_read, s);
}

/* ---- of the engine ---- */
static bf_instant engine_now(void *ctx) { return bf_service_now(ctx); }

static void engine_random(void *ctx, uint8_t *out, size_t n) {
    (void)ctx;
    bf_random(out, n);
}

static void engine_fatal(void *ctx, const struct bf_error *e) { die(ctx, e); }

static void engine_submitted(void *ctx) {
    struct bf_service *s = ctx;
    s->submitted_us = boot_us(s);
    s->writing = true;
}

static void engine_written(void *ctx, const struct bf_batch *b) {
    struct bf_service *s = ctx;
    s->writing = false;
    s->full = !b;
    if (!b) {
        bf_metric_add(s->metrics, BF_METRIC_COMMITS_REFUSED, BF_LABEL_NONE_ALL, 1);
        bf_log(s->log, BF_LOG_ERROR, "disk_full", NULL, NULL, 0);
        return;
    }
    int64_t took = boot_us(s) - s->submitted_us;
    bf_metric_observe(s->metrics, BF_METRIC_COMMIT_TIME, took > 0 ? (uint64_t)took : 0);
    bf_metric_observe(s->metrics, BF_METRIC_BATCH_ROWS, b->head.seq - b->expected);
    struct bf_batch_cost cost;
    bf_batch_cost(b, &cost);
    bf_metric_add(s->metrics, BF_METRIC_STORE_ROWS, BF_LABEL_NONE_ALL, cost.rows);
    bf_metric_add(s->metrics, BF_METRIC_STORE_INDEX, BF_LABEL_NONE_ALL, cost.index_entries);
    bf_metric_add(s->metrics, BF_METRIC_STORE_BYTES, BF_LABEL_NONE_ALL, cost.bytes);
    s->committed = b->head.seq;
}

/* ---- what is due ---- */
/* Cases whose limits are past and cannot be acted on. */
static void alarm_stuck(struct bf_service *s) {
    uint64_t stuck = bf_engine_count(s->engine).stuck;
    if (stuck == s->told_stuck)
        return;
    s->told_stuck = stuck;
    bf_log(s->log, stuck ? BF_LOG_ERROR : BF_LOG_INFO, "cases_stuck", NULL,
           BF_LOG_FIELDS(BF_LOG_INT("cases", (int64_t)stuck),
                         BF_LOG_STR("why", BF_STR("their policy is not loaded"))));
}

/* Somebody holds a transaction of the file open. Told once it is long, and when it is not any more. */
static void alarm_log(struct bf_service *s) {
    uint64_t bytes = bf_store_log_bytes(s->store);
    bool is_long = bytes > (s->told_long_log ? LOG_LONG / 2 : LOG_LONG);
    if (is_long == s->told_long_log)
        return;
    s->told_long_log = is_long;
    bf_log(s->log, is_long ? BF_LOG_WARNING : BF_LOG_INFO, is_long ? "log_long" : "log_taken_back",
           NULL, BF_LOG_FIELDS(BF_LOG_INT("bytes", (int64_t)bytes)));
}

/* Cases that the calendar should have started and could not: a row that does not fit, or too much at once. */
static void alarm_starts(struct bf_service *s) {
    uint64_t failures = bf_engine_count(s->engine).start_failures;
    if (failures == s->logged_start_failures)
        return;
    s->logged_start_failures = failures;
    bf_log(s->log, BF_LOG_ERROR, "calendar_starts_failed", NULL,
           BF_LOG_FIELDS(BF_LOG_INT("cases", (int64_t)failures)));
}

/* Cases that an amendment of all cases is for, and that have no place in its text. */
static void alarm_texts(struct bf_service *s) {
    uint64_t kept = bf_engine_count(s->engine).kept_text;
    if (kept == s->logged_kept_text)
        return;
    s->logged_kept_text = kept;
    bf_log(s->log, BF_LOG_ERROR, "amended_text_not_followed", NULL,
           BF_LOG_FIELDS(BF_LOG_INT("times", (int64_t)kept)));
}

/* Microseconds until there is something to scan for, at the latest. */
static int64_t scan_turn(struct bf_service *s) {
    bf_instant now = bf_service_now(s);
    int64_t boot = s->clock.boot_us;
    int64_t interval = bf_config_int(s->config, BF_CONFIG_SCAN_INTERVAL) * 1000;
    alarm_stuck(s);
    alarm_log(s);
    alarm_starts(s);
    alarm_texts(s);
    if (bf_engine_wake(s->engine) <= now || boot - s->scanned_us >= interval) {
        s->scanned_us = boot;
        bf_engine_scan(s->engine);
    }
    int64_t wait = s->scanned_us + interval - boot;
    bf_instant wake = bf_engine_wake(s->engine);
    int64_t until = wake == BF_DUE_NEVER ? wait : bf_clock_wait_us(&s->clock, wake);
    return until < wait ? until : wait;
}

int64_t bf_service_turn(struct bf_service *s) {
    bf_store_poll(s->store);
    if (s->dead || !s->ready)
        return IDLE_MS; /* the store wakes us */
    int64_t wait_ms = scan_turn(s) / 1000 + 1;
    int64_t stream_ms = bf_stream_turn(s->stream);
    bf_audit_turn(s, s->clock.boot_us);
    bf_engine_flush(s->engine);
    return stream_ms < wait_ms ? stream_ms : wait_ms;
}

/* ---- numbers ---- */
static void count_to(struct bf_metrics *m, enum bf_metric id, enum bf_label_word label,
                     uint64_t *told, uint64_t n) {
    bf_metric_add(m, id, label, n - *told);
    *told = n;
}

void bf_service_measure(struct bf_service *s) {
    struct bf_metrics *m = s->metrics;
    struct bf_engine_counts n = bf_engine_count(s->engine);
    bf_service_now(s);
    count_to(m, BF_METRIC_STARTED, BF_LABEL_NONE_ALL, &s->told_started, n.started);
    count_to(m, BF_METRIC_START_FAILURES, BF_LABEL_NONE_ALL, &s->told_start_failures,
             n.start_failures);
    count_to(m, BF_METRIC_DUTIES_FIRED, BF_LABEL_NONE_ALL, &s->told_fired, n.fired);
    count_to(m, BF_METRIC_KEY_READS, BF_LABEL_NONE_ALL, &s->told_key_reads, n.key_reads);
    count_to(m, BF_METRIC_LOG_DROPPED, BF_LABEL_NONE_ALL, &s->told_dropped, s->log->dropped);
    bf_metric_set(m, BF_METRIC_QUEUE_ROWS, BF_LABEL_NONE_ALL, (int64_t)n.queue_rows);
    bf_metric_set(m, BF_METRIC_CASES_CACHED, BF_LABEL_NONE_ALL, (int64_t)n.cached_cases);
    bf_metric_set(m, BF_METRIC_CASES_STUCK, BF_LABEL_NONE_ALL, (int64_t)n.stuck);
    bf_metric_set(m, BF_METRIC_DISK_FULL, BF_LABEL_NONE_ALL, s->full);
    bf_metric_set(m, BF_METRIC_CHECKPOINT_CONFLICT, BF_LABEL_NONE_ALL,
                  s->looked == BF_LOOKED_CONFLICT);
    bf_metric_set(m, BF_METRIC_SCAN_AGE, BF_LABEL_NONE_ALL, s->clock.boot_us - s->scanned_us);
    bf_metric_set(m, BF_METRIC_STORE_LOG, BF_LABEL_NONE_ALL, (int64_t)bf_store_log_bytes(s->store));
    for (int i = 0; i < 3; i++)
        bf_metric_set(m, BF_METRIC_CLOCK_STATE, BF_LABEL_CLOCK_RUNNING + i,
                      (int)s->clock.state == i);
    bf_metric_set(m, BF_METRIC_CLOCK_OFFSET, BF_LABEL_NONE_ALL,
                  s->clock.target_us - s->clock.shown_us + s->clock.off_us);
    bf_metric_set(m, BF_METRIC_HEAP, BF_LABEL_NONE_ALL, (int64_t)bf_mem_used());
    if (s->measure)
        s->measure(s->ctx, m);
}

void bf_service_configure(struct bf_service *s) {
    const struct bf_config *c = s->config;
    s->log->level = (enum bf_log_level)bf_config_int(c, BF_CONFIG_LOG_LEVEL);
    bf_engine_configure(s->engine, (uint32_t)bf_config_int(c, BF_CONFIG_CACHE_CASES),
                        (uint32_t)bf_config_int(c, BF_CONFIG_BATCH_ROWS));
    bf_rates_set(s->by_person, bf_config_int(c, BF_CONFIG_TOKEN_RATE),
                 bf_config_int(c, BF_CONFIG_TOKEN_BURST));
    bf_rates_set(s->by_address, bf_config_int(c, BF_CONFIG_ADDRESS_RATE),
                 bf_config_int(c, BF_CONFIG_ADDRESS_BURST));
    bf_rates_set(s->denials, bf_config_int(c, BF_CONFIG_DENIED_ROWS),
                 bf_config_int(c, BF_CONFIG_DENIED_ROWS));
}

/* ---- life ---- */
static void release(struct bf_service *s) {
    start_free(s->start);
    bf_stream_free(s->stream);
    bf_engine_free(s->engine);
    for (uint32_t i = 0; i < s->policy_count; i++)
        bf_arena_free(s->policies[i].arena);
    for (uint32_t i = 0; i < s->calendar_count; i++)
        bf_arena_free(s->calendars[i].arena);
    bf_free(s->policies);
    bf_free(s->calendars);
    bf_directory_free(s->directory);
    bf_rates_free(s->by_person);
    bf_rates_free(s->by_address);
    bf_rates_free(s->denials);
    if (s->signer.sign)
        bf_signer_fini(&s->signer);
    bf_arena_free(s->arena);
    bf_free(s);
}

static bool make_parts(struct bf_service *s) {
    uint8_t seed[3][16];
    engine_random(NULL, seed[0], sizeof seed);
    s->arena = bf_arena_new(0);
    s->start = bf_malloc(sizeof *s->start);
    if (s->start)
        *s->start = (struct bf_service_start){.service = s};
    s->directory = bf_directory_new();
    s->by_person = bf_rates_new(RATE_PLACES, seed[0]);
    s->by_address = bf_rates_new(RATE_PLACES, seed[1]);
    s->denials = bf_rates_new(RATE_PLACES, seed[2]);
    s->stream = bf_stream_new(s);
    return s->arena && s->start && s->stream && s->directory && s->by_person && s->by_address &&
           s->denials;
}

enum bf_err bf_service_open(struct bf_service **out, const struct bf_service_options *o,
                            struct bf_error *e) {
    struct bf_service *s = bf_malloc(sizeof *s);
    if (!s) {
        bf_store_close(o->store);
        return bf_fail(e, BF_ENOMEM, "out of memory");
    }
    *s = (struct bf_service){.config = o->config,
                             .log = o->log,
                             .metrics = o->metrics,
                             .clock_source = o->clock,
                             .store = o->store,
                             .database = bf_config_text(o->config, BF_CONFIG_DATABASE),
                             .on_ready = o->on_ready,
                             .on_dead = o->on_dead,
                             .measure = o->measure,
                             .ctx = o->ctx};
    struct bf_engine_options engine = {.now = engine_now,
                                       .random = engine_random,
                                       .fatal = engine_fatal,
                                       .submitted = engine_submitted,
                                       .written = engine_written,
                                       .ctx = s,
                                       .partition = PARTITION};
    enum bf_err err = make_parts(s) ? bf_engine_new(o->store, &engine, &s->engine, e)
                                    : bf_fail(e, BF_ENOMEM, "out of memory");
    if (err) {
        bf_store_close(o->store);
        release(s);
        return err;
    }
    bf_service_configure(s);
    s->scanned_us = boot_us(s);
    struct bf_query q = {.partition = PARTITION, .table = BF_TABLE_HEAD, .limit = 1};
    *out = s;
    bf_store_read(s->store, &q, head_read, s);
    return BF_OK;
}

bool bf_service_idle(const struct bf_service *s) {
    return s->dead ||
           (s->ready && bf_engine_idle(s->engine) && (!s->draining || bf_audit_settled(s)));
}

void bf_service_close(struct bf_service *s) {
    if (!s)
        return;
    bf_store_close(s->store);
    if (s->calls)
        s->forget_calls(s);
    release(s);
}
