/* Policies and calendars of banfa.h: made once, shared, given back by the last owner. */
#include <string.h>

#include "engine/core/starts.h"
#include "engine/embed/embed.h"
#include "lang/base/mem.h"
#include "lang/base/stdlib.h"
#include "lang/image/compile.h"

#define MEMORY_MAX ((size_t)4 << 30) /* of one compilation; far above any policy */
#define SHOWN_MAX 100                /* diagnostics told whole; the rest is counted */

const char *banfa_version(void) { return BANFA_VERSION; }
void banfa_free(void *p) { bf_free(p); }

/* ---- what all share ---- */

int bf_embed_status(enum bf_err err) {
    switch (err) {
    case BF_OK: return BANFA_OK;
    case BF_ENOMEM: return BANFA_NOMEM;
    case BF_EIO:
    case BF_ENOENT:
    case BF_EFULL:
    case BF_EBUSY: return BANFA_IO;
    case BF_EFORMAT: return BANFA_FORMAT;
    case BF_ELIMIT: return BANFA_LIMIT;
    }
    return BANFA_IO;
}

char *bf_embed_text(bf_str s) {
    char *z = bf_malloc((size_t)s.len + 1);
    if (!z)
        return NULL;
    if (s.len)
        memcpy(z, s.p, s.len);
    z[s.len] = '\0';
    return z;
}

int bf_embed_fail(const struct bf_error *e, char **message) {
    if (message)
        *message = bf_embed_text(bf_str_of(e->text));
    return bf_embed_status(e->code);
}

int bf_embed_guard(struct bf_arena *const *arenas, int count, int (*run)(void *ctx), void *ctx) {
    jmp_buf full;
    volatile int status = BANFA_NOMEM;
    if (!setjmp(full)) {
        for (int i = 0; i < count; i++)
            bf_arena_on_exhausted(arenas[i], &full);
        status = run(ctx);
    }
    for (int i = 0; i < count; i++)
        bf_arena_on_exhausted(arenas[i], NULL);
    return status;
}

/* ---- policies ---- */

/* One policy on its way. */
struct making {
    struct bf_arena *arena;
    const char *path; /* NULL: the text */
    const char *name;
    const void *bytes; /* text or image */
    size_t len;
    enum bf_lang lang;
    char **message;
    banfa_policy *policy;
};

static int finish(struct making *k, const struct bf_image *image) {
    banfa_policy *p = bf_new(k->arena, banfa_policy);
    atomic_init(&p->owners, 1);
    p->arena = k->arena;
    p->image = image;
    p->calendar = bf_str_z(k->arena, bf_i_text(image, image->policy.calendar));
    p->states = bf_new_array(k->arena, const char *, image->state_count + 1);
    for (uint32_t i = 0; i < image->state_count; i++)
        p->states[i] = bf_str_z(k->arena, bf_i_text(image, image->state[i].name));
    p->procs = bf_new_array(k->arena, const char *, image->proc_count + 1);
    for (uint32_t i = 0; i < image->proc_count; i++)
        p->procs[i] = bf_str_z(k->arena, bf_i_text(image, image->proc[i].name));
    p->regs = bf_new_array(k->arena, const char *, image->reg_count + 1);
    for (uint32_t i = 0; i < image->reg_count; i++)
        p->regs[i] = bf_str_z(k->arena, bf_i_text(image, image->reg[i].name));
    bf_hex(image->hash, BF_SHA256_LEN, p->version);
    k->policy = p;
    return BANFA_OK;
}

static void tell(struct making *k, struct bf_diags *diags) {
    const struct bf_render how = {.lang = k->lang, .ambiguous_width = 1};
    struct bf_buf out;
    if (!k->message)
        return;
    bf_buf_in(&out, k->arena);
    bf_diags_sort(diags);
    bf_diags_render(diags, &how, 1u << BF_SEV_ERROR | 1u << BF_SEV_WARNING, &out);
    if (out.len)
        *k->message = bf_embed_text(bf_buf_view(&out));
}

/* The image is loaded into the arena it was compiled in, which is small beside what it saves: nothing is copied. */
static int compile(void *ctx) {
    struct making *k = ctx;
    struct bf_sources sources = {.arena = k->arena};
    struct bf_parse parse = {k->arena, &sources, bf_diags_new(k->arena, &sources, SHOWN_MAX),
                             bf_names_new(k->arena), 1};
    struct bf_program *program = NULL;
    struct bf_image *image = NULL;
    struct bf_error e;
    char stdlib[BF_PATH_MAX];
    const uint8_t *bytes;
    size_t size;
    enum bf_err err = bf_stdlib_dir(stdlib, &e);
    if (!err && k->path)
        err = bf_load_policy(&parse, k->path, stdlib, &program, &e);
    else if (!err)
        err = bf_load_text(&parse, bf_str_of(k->name), (bf_str){k->bytes, (uint32_t)k->len}, stdlib,
                           &program, &e);
    if (err)
        return bf_embed_fail(&e, k->message);
    bf_check(program);
    bool fine =
        !bf_diags_count(parse.diags, BF_SEV_ERROR) && bf_lower(program, false, &bytes, &size);
    if (fine && bf_image_load(k->arena, bytes, size, &image, &e))
        return bf_embed_fail(&e, k->message);
    tell(k, parse.diags);
    if (!fine)
        return BANFA_MISTAKES;
    return finish(k, image);
}

static int load(void *ctx) {
    struct making *k = ctx;
    struct bf_image *image = NULL;
    struct bf_error e;
    if (bf_image_load(k->arena, bf_arena_copy(k->arena, k->bytes, k->len), k->len, &image, &e))
        return bf_embed_fail(&e, k->message);
    return finish(k, image);
}

/* An image alone, without what its compilation left behind. */
static int make(struct making *k, int (*run)(void *ctx), banfa_policy **policy) {
    *policy = NULL;
    if (k->message)
        *k->message = NULL;
    if (!(k->arena = bf_arena_new(MEMORY_MAX)))
        return BANFA_NOMEM;
    int status = bf_embed_guard(&k->arena, 1, run, k);
    if (status == BANFA_OK)
        *policy = k->policy;
    else
        bf_arena_free(k->arena);
    return status;
}

static int compile_apart(struct making *k, banfa_policy **policy) {
    banfa_policy *compiled;
    struct making image = {0};
    int status = make(k, compile, &compiled);
    *policy = NULL;
    if (status != BANFA_OK)
        return status;
    image.bytes = banfa_policy_image(compiled, &image.len);
    status = make(&image, load, policy);
    banfa_policy_release(compiled);
    return status;
}

int banfa_compile(const char *path, const char *lang, banfa_policy **policy, char **message) {
    struct making k = {.path = path, .message = message};
    *policy = NULL;
    if (!path || strcmp(path, "-") == 0 || !bf_lang_choose(lang, &k.lang))
        return BANFA_ARGUMENT;
    return compile_apart(&k, policy);
}

int banfa_compile_text(const char *name, const char *text, size_t len, const char *lang,
                       banfa_policy **policy, char **message) {
    struct making k = {
        .name = name ? name : "policy", .bytes = text, .len = len, .message = message};
    *policy = NULL;
    if ((!text && len) || !bf_lang_choose(lang, &k.lang))
        return BANFA_ARGUMENT;
    return len > (size_t)1 << 30 ? BANFA_LIMIT : compile_apart(&k, policy);
}

int banfa_policy_load(const void *image, size_t len, banfa_policy **policy, char **message) {
    struct making k = {.bytes = image, .len = len, .message = message};
    *policy = NULL;
    return !image && len ? BANFA_ARGUMENT : make(&k, load, policy);
}

const void *banfa_policy_image(const banfa_policy *p, size_t *len) {
    *len = p->image->size;
    return p->image->bytes;
}
const char *banfa_policy_version(const banfa_policy *p) { return p->version; }
const char *banfa_policy_calendar(const banfa_policy *p) { return p->calendar; }

/* Taking a share needs no order: whoever does has one. The last to give up sees what the others did. */
static void take(atomic_uint *owners) {
    atomic_fetch_add_explicit(owners, 1, memory_order_relaxed);
}
static bool give_up(atomic_uint *owners) {
    return atomic_fetch_sub_explicit(owners, 1, memory_order_acq_rel) == 1;
}

banfa_policy *banfa_policy_retain(banfa_policy *p) {
    take(&p->owners);
    return p;
}
void banfa_policy_release(banfa_policy *p) {
    if (p && give_up(&p->owners))
        bf_arena_free(p->arena);
}

/* ---- calendars ---- */

struct reading {
    struct bf_arena *arena;
    const char *name;
    const void *bytes; /* NULL: the library's */
    size_t len;
    char **message;
    banfa_calendar *calendar;
};

static int read_calendar(void *ctx) {
    struct reading *r = ctx;
    struct bf_error e;
    banfa_calendar *c = bf_new(r->arena, banfa_calendar);
    bf_str name = bf_str_of(r->name);
    atomic_init(&c->owners, 1);
    c->arena = r->arena;
    if (r->bytes ? bf_calendar_load(r->arena, name, r->bytes, r->len, BF_DAY_MAX, &c->calendar, &e)
                 : bf_calendar_open(r->arena, name, BF_DAY_MAX, &c->calendar, &e))
        return bf_embed_fail(&e, r->message);
    r->calendar = c;
    return BANFA_OK;
}

static int calendar(struct reading *r, banfa_calendar **calendar) {
    *calendar = NULL;
    if (r->message)
        *r->message = NULL;
    if (!(r->arena = bf_arena_new(0)))
        return BANFA_NOMEM;
    int status = bf_embed_guard(&r->arena, 1, read_calendar, r);
    if (status == BANFA_OK)
        *calendar = r->calendar;
    else
        bf_arena_free(r->arena);
    return status;
}

int banfa_calendar_open(const char *name, banfa_calendar **c, char **message) {
    struct reading r = {.name = name, .message = message};
    return calendar(&r, c);
}
int banfa_calendar_load(const char *name, const void *bytes, size_t len, banfa_calendar **c,
                        char **message) {
    struct reading r = {.name = name, .bytes = bytes ? bytes : "", .len = len, .message = message};
    return calendar(&r, c);
}
banfa_calendar *banfa_calendar_retain(banfa_calendar *c) {
    take(&c->owners);
    return c;
}
void banfa_calendar_release(banfa_calendar *c) {
    if (c && give_up(&c->owners))
        bf_arena_free(c->arena);
}

int banfa_calendar_instant(const banfa_calendar *c, const char *when, int64_t *at) {
    bf_str s = bf_str_of(when);
    bf_day day;
    int32_t seconds = 0;
    if (s.len < 10 || !bf_day_parse((bf_str){s.p, 10}, &day))
        return BANFA_ARGUMENT;
    if (s.len > 10 && ((s.p[10] != ' ' && s.p[10] != 'T') ||
                       !bf_clock_parse((bf_str){s.p + 11, s.len - 11}, &seconds)))
        return BANFA_ARGUMENT;
    bool next = seconds == BF_DAY_SECONDS;
    *at = bf_calendar_instant(c->calendar, day + next, next ? 0 : seconds);
    return BANFA_OK;
}

/* ---- what the calendar starts ---- */

int banfa_starts_next(const banfa_policy *p, const banfa_calendar *k, int64_t after, int64_t *at) {
    bf_instant next;
    if (!bf_starts_next(p->image, k->calendar, after, &next))
        return BANFA_END;
    *at = next;
    return BANFA_OK;
}

uint32_t bf_embed_start(const struct bf_image *m, const struct bf_calendar *c, int64_t at,
                        unsigned i) {
    for (uint32_t s = 0; s < m->start_count; s++)
        if (bf_start_falls(m, c, s, at) && i-- == 0)
            return s;
    return BF_NONE;
}

int banfa_starts_at(const banfa_policy *p, const banfa_calendar *k, int64_t at, unsigned i,
                    const char **procedure, const char **reg) {
    uint32_t s = bf_embed_start(p->image, k->calendar, at, i);
    if (s == BF_NONE)
        return BANFA_END;
    *procedure = p->procs[bf_start_proc(p->image, s)];
    *reg = p->image->start[s].member_reg ? p->regs[p->image->start[s].member_reg - 1] : NULL;
    return BANFA_OK;
}
