/* Migrate: the open cases of one image go on under another; see engine.h. A page of cases at a time, each in an attempt of
** its own; nothing is told of a page before it is durable. */
#include <string.h>

#include "engine/service/engine_parts.h"
#include "lang/base/mem.h"

struct result {
    struct bf_head *head; /* pinned */
    bool tried;
    uint64_t
        seq; /* of the row that moved it; 0: it stays, was ended, or the row is known to be durable */
    uint64_t undone; /* the engine's, when that was made */
    struct bf_migrated_case told;
};

struct bf_migrating {
    struct bf_engine *engine;
    struct bf_arena *arena, *page_arena;
    struct bf_migration what;
    struct result *page;
    uint32_t page_count;
    uint64_t through, page_end;
    bool reading; /* also while its page is made up */
    struct bf_migrating *next;
};

static void end_page(struct bf_migrating *g) {
    for (uint32_t i = 0; i < g->page_count; i++)
        g->page[i].head->pins--;
    bf_free(g->page);
    g->page = NULL;
    g->page_count = 0;
    bf_arena_reset(g->page_arena);
}

static void dispose(struct bf_migrating *g) {
    bf_arena_free(g->page_arena);
    bf_arena_free(g->arena); /* it holds g too */
}

/* The first in the queue is over. */
static void finish(struct bf_migrating *g, enum bf_answer_kind kind) {
    struct bf_engine *e = g->engine;
    end_page(g);
    e->migrating = g->next;
    e->migrations_over++;
    e->under_way--;
    g->what.done(g->what.ctx, kind);
    dispose(g);
}

void bf_migrate_fini(struct bf_engine *e) {
    for (struct bf_migrating *g; (g = e->migrating) != NULL;) {
        e->migrating = g->next;
        bf_free(g->page);
        dispose(g);
    }
}

/* ---- pages ---- */

static void page_read(void *ctx, enum bf_err err, const struct bf_error *error,
                      const struct bf_rows *rows) {
    struct bf_migrating *g = ctx;
    struct bf_engine *e = g->engine;
    if (err && err != BF_ENOMEM && err != BF_ELIMIT)
        bf_engine_die(e, error);
    if (e->dead)
        return;
    if (err || !rows->count) {
        finish(g, err == BF_ENOMEM ? BF_ANSWER_MEMORY : err ? BF_ANSWER_STORE : BF_ANSWER_DONE);
        bf_migrate_run(e);
        return;
    }
    const struct bf_row_cases *row = rows->row;
    const uint8_t *hash = g->what.from->image->hash;
    g->page = bf_malloc(rows->count * sizeof *g->page);
    bool memory = g->page != NULL;
    for (uint32_t i = 0; memory && i < rows->count; i++) {
        if (row[i].ended || memcmp(row[i].policy.p, hash, BF_SHA256_LEN) != 0)
            continue;
        struct bf_head *h = bf_engine_head(e, row[i].number);
        memory = h != NULL;
        if (h) {
            h->pins++;
            g->page[g->page_count++] = (struct result){.head = h};
        }
    }
    g->page_end = row[rows->count - 1].number;
    g->reading = false; /* not before: a head whose read ends at once has others go on */
    if (!memory)
        finish(g, BF_ANSWER_MEMORY);
    bf_migrate_run(e);
}

static void read_page(struct bf_migrating *g) {
    struct bf_engine *e = g->engine;
    struct bf_row_cases at = {.number = g->through};
    struct bf_query q = {.partition = e->o.partition,
                         .table = BF_TABLE_CASES,
                         .at = &at,
                         .after = true,
                         .limit = e->o.batch_rows / 4 ? e->o.batch_rows / 4 : 1};
    g->reading = true;
    bf_store_read(e->store, &q, page_read, g);
}

/* ---- a case ---- */

bool bf_migrate_keep(struct bf_migrated *m, struct bf_arena *a) {
    jmp_buf jump;
    bf_arena_on_exhausted(a, &jump);
    if (setjmp(jump))
        return false;
    m->name = bf_str_dup(a, m->name);
    if (m->changed_count)
        m->changed = bf_arena_copy(a, m->changed, m->changed_count * sizeof *m->changed);
    bf_arena_on_exhausted(a, NULL);
    return true;
}

/* DONE: it was tried, and what came of it is kept. */
static enum bf_attempt_end attempt(struct bf_migrating *g, struct result *r) {
    struct bf_migrated m = {.obstacle = BF_OBSTACLE_NONE};
    struct bf_migrate_deed deed = {.to = g->what.to,
                                   .choice = &g->what.choice,
                                   .out = &m,
                                   .principal = g->what.principal,
                                   .request = g->what.request};
    enum bf_attempt_end end =
        bf_engine_try(g->engine, &(struct bf_deed){.head = r->head, .migrate = &deed},
                      g->what.dry_run, g->page_arena);
    if (end != BF_ATTEMPT_DONE)
        return end;
    r->seq = g->what.dry_run ? 0 : deed.seq;
    r->undone = g->engine->undone;
    if (m.c || m.obstacle) /* else a lapse ended it */
        r->told = (struct bf_migrated_case){.number = r->head->number,
                                            .obstacle = m.obstacle,
                                            .name = m.name,
                                            .changed = m.changed,
                                            .changed_count = m.changed_count,
                                            .seq = r->seq};
    return BF_ATTEMPT_DONE;
}

/* False: not all were tried yet, or the migration is over. */
static bool try_page(struct bf_migrating *g) {
    struct bf_engine *e = g->engine;
    for (uint32_t i = 0; i < g->page_count; i++) {
        struct result *r = &g->page[i];
        struct bf_head *h = r->head;
        if (r->seq && r->undone != e->undone) { /* a full disk took it back */
            finish(g, BF_ANSWER_FULL);
            return false;
        }
        if (r->seq <= e->committed)
            r->seq = 0; /* nothing takes it back any more */
        if (r->tried)
            continue;
        if (h->loading || (!h->c && !h->failed && !bf_engine_load(e, h)) || h->loading)
            return false;
        enum bf_attempt_end end = h->c ? BF_ATTEMPT_DONE : BF_ATTEMPT_MEMORY;
        if (h->c && h->policy == g->what.from && !bf_case_ended(h->policy->image, h->c))
            end = attempt(g, r);
        r->tried |= end == BF_ATTEMPT_DONE;
        switch (end) {
        case BF_ATTEMPT_DONE: break;
        case BF_ATTEMPT_WAIT: return false;
        case BF_ATTEMPT_MEMORY: finish(g, BF_ANSWER_MEMORY); return false;
        case BF_ATTEMPT_CHAIN: finish(g, BF_ANSWER_CHAIN); return false;
        case BF_ATTEMPT_MALFORMED:
        case BF_ATTEMPT_UNREADABLE: finish(g, BF_ANSWER_STORE); return false;
        }
    }
    return true;
}

static bool is_durable(const struct bf_migrating *g) {
    for (uint32_t i = 0; i < g->page_count; i++)
        if (g->page[i].seq > g->engine->committed)
            return false;
    return true;
}

/* As far as it can; a read that ends at once (no memory) may be its end, at any step. */
static void go_on(struct bf_migrating *g) {
    if (g->page && !try_page(g))
        return;
    if (g->page && is_durable(g)) {
        for (uint32_t i = 0; i < g->page_count; i++)
            if (g->page[i].told.number)
                g->what.each(g->what.ctx, &g->page[i].told);
        g->through = g->page_end;
        end_page(g);
    }
    if (!g->page)
        read_page(g);
}

void bf_migrate_run(struct bf_engine *e) {
    uint64_t over;
    if (e->migrating_runs)
        return;
    e->migrating_runs = true;
    do {
        over = e->migrations_over;
        if (e->migrating && !e->dead && !e->adopting && !e->migrating->reading)
            go_on(e->migrating);
    } while (over != e->migrations_over); /* the next has its turn */
    e->migrating_runs = false;
}

/* ---- asking for it ---- */

static const bf_str *copy_names(struct bf_arena *a, const bf_str *names, uint32_t count) {
    bf_str *copy = bf_new_array(a, bf_str, count + 1);
    for (uint32_t i = 0; i < count; i++)
        copy[i] = bf_str_dup(a, names[i]);
    return copy;
}

static bool copy_asked(struct bf_migrating *g) {
    struct bf_migrate_choice *x = &g->what.choice;
    x->from = copy_names(g->arena, x->from, x->count);
    x->to = copy_names(g->arena, x->to, x->count);
    x->recompute = copy_names(g->arena, x->recompute, x->recompute_count);
    g->what.principal = bf_str_dup(g->arena, g->what.principal);
    g->what.request = bf_str_dup(g->arena, g->what.request);
    return true;
}

void bf_engine_migrate(struct bf_engine *e, const struct bf_migration *what) {
    struct bf_arena *a = bf_arena_new(0);
    struct bf_migrating *volatile g = NULL;
    jmp_buf jump;
    if (a) {
        bf_arena_on_exhausted(a, &jump);
        if (setjmp(jump) == 0) {
            struct bf_migrating *made = bf_new(a, struct bf_migrating);
            *made = (struct bf_migrating){
                .engine = e, .arena = a, .page_arena = bf_arena_new(0), .what = *what};
            if (made->page_arena && copy_asked(made))
                g = made;
        }
        bf_arena_on_exhausted(a, NULL);
    }
    if (!g) {
        bf_arena_free(a);
        what->done(what->ctx, BF_ANSWER_MEMORY);
        return;
    }
    struct bf_migrating **last = &e->migrating;
    while (*last)
        last = &(*last)->next;
    *last = g;
    e->under_way++;
    bf_migrate_run(e);
}
