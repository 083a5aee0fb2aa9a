/* Engine; see engine.h. A command goes: bf_engine_command ▸ queue of its head ▸ run_work (attempt.c) ▸ forming round
** ▸ bf_engine_flush ▸ written ▸ its answer. */
#include "engine/service/engine_parts.h"

#include <string.h>

#include "lang/base/assert.h"
#include "lang/base/mem.h"

enum { ATTEMPT_BYTES = 64 << 20 };

static void wait_in_line(struct bf_engine *e, struct bf_head *h);

void bf_engine_die(struct bf_engine *e, const struct bf_error *error) {
    if (!e->dead) {
        e->dead = true;
        e->o.fatal(e->o.ctx, error);
    }
}

/* ---- answers ---- */

/* It wants that row no longer. */
static void let_go(struct bf_work *w) {
    if (w->wanted)
        w->wanted->pins--;
    w->wanted = NULL;
}

static void answer(struct bf_work *w) {
    let_go(w);
    w->engine->under_way--;
    w->command.answer(w->command.ctx, &w->result);
    bf_arena_free(w->arena); /* it holds the work too */
}

static void drop_opening(struct bf_work *w) {
    struct bf_work **p = &w->engine->openings;
    while (*p != w)
        p = &(*p)->next_opening;
    *p = w->next_opening;
}

/* Out of its queue; then its answer, or its place in a round. */
static void leave_queue(struct bf_work *w) {
    struct bf_head *h = w->head;
    if (h && h->first == w) {
        h->first = w->next;
        if (!h->first)
            h->last = NULL;
    }
    w->next = NULL;
}

static void follow(struct bf_work *leader);

static void answer_now(struct bf_work *w, enum bf_answer_kind kind) {
    w->result.kind = kind;
    leave_queue(w);
    if (!w->head) {
        drop_opening(w);
        follow(w);
    }
    answer(w);
}

/* ---- the same key again: told from its row ---- */

static void run_work(struct bf_work *w);

static bool is_twin(const struct bf_work *w, const struct bf_entry *n) {
    return bf_str_eq(n->principal, w->command.principal) && bf_str_eq(n->key, w->command.key);
}

static enum bf_answer_kind kind_of(uint16_t kind) {
    return kind == BF_ENTRY_REFUSAL ? BF_ANSWER_REFUSED
           : kind == BF_ENTRY_EARLY ? BF_ANSWER_EARLY
                                    : BF_ANSWER_DONE;
}

static enum bf_answer_kind tell_row(struct bf_work *w, const struct bf_row_journal *row,
                                    struct bf_error *error) {
    struct bf_images images = {bf_engine_image_of, w->engine};
    struct bf_entry_head head;
    struct bf_entry n;
    jmp_buf jump;
    volatile enum bf_err err = row->head.len == BF_ENTRY_HEAD ? BF_ENOMEM : BF_EFORMAT;
    bf_arena_on_exhausted(w->arena, &jump);
    if (err == BF_ENOMEM && setjmp(jump) == 0) {
        err = bf_entry_head_read((const uint8_t *)row->head.p, &head, error);
        if (!err)
            err =
                bf_entry_read(&images, w->arena, &head, bf_str_dup(w->arena, row->body), &n, error);
    }
    bf_arena_on_exhausted(w->arena, NULL);
    if (err)
        return err == BF_ENOMEM ? BF_ANSWER_MEMORY : BF_ANSWER_STORE;
    if (!is_twin(w, &n))
        return BF_ANSWER_NO_CASE; /* two keys of one hash: not this one */
    if (memcmp(n.body_hash, w->command.body_hash, sizeof n.body_hash) != 0)
        return BF_ANSWER_OTHER_BODY;
    w->result = (struct bf_answer){.again = true,
                                   .seq = head.seq,
                                   .number = head.number,
                                   .image = n.image,
                                   .facts = n.facts,
                                   .fact_count = n.fact_count,
                                   .proc = n.proc,
                                   .data = n.data};
    return kind_of(head.kind);
}

static void twin_read(void *ctx, enum bf_err err, const struct bf_error *e,
                      const struct bf_rows *rows) {
    struct bf_work *w = ctx;
    struct bf_engine *engine = w->engine;
    struct bf_head *h = w->head;
    struct bf_error error = {.code = BF_OK, .text = ""};
    w->reading = false;
    if (err || !rows->count) {
        if (err && err != BF_ENOMEM && err != BF_ELIMIT)
            bf_engine_die(engine, e);
        answer_now(w, err == BF_ENOMEM ? BF_ANSWER_MEMORY : BF_ANSWER_STORE);
    } else {
        enum bf_answer_kind kind = tell_row(w, rows->row, &error);
        if (kind == BF_ANSWER_STORE)
            bf_engine_die(engine, &error);
        if (kind == BF_ANSWER_NO_CASE) {
            w->hash_is_known = true;
            run_work(w);
        } else {
            answer_now(w, kind);
        }
    }
    if (h)
        bf_engine_advance(engine, h);
}

static void read_twin(struct bf_work *w) {
    struct bf_row_journal at = {.seq = w->twin};
    struct bf_query q = {.partition = w->engine->o.partition,
                         .table = BF_TABLE_JOURNAL,
                         .at = &at,
                         .same = 1,
                         .limit = 1};
    w->reading = true;
    bf_store_read(w->engine->store, &q, twin_read, w);
}

/* The work's key was used for that row: its answer waits until the row is durable. */
static void become_twin(struct bf_work *w, uint64_t seq) {
    w->twin = seq;
    if (seq <= w->engine->committed)
        read_twin(w);
    /* else the round that holds the row resumes it */
}

/* An opening is over: those with its key that came meanwhile get its row's answer, or are the next to try. */
static void follow(struct bf_work *leader) {
    struct bf_work *next;
    uint64_t seq = leader->result.seq;
    for (struct bf_work *w = leader->engine->openings; w; w = next) {
        next = w->next_opening;
        if (w->leader != leader)
            continue;
        w->leader = NULL;
        if (seq) {
            become_twin(w, seq);
        } else {
            for (struct bf_work *x = leader->engine->openings; x; x = x->next_opening)
                if (x->leader == leader)
                    x->leader = w;
            w->stalled = true;
            return;
        }
    }
}

/* ---- rounds ---- */

static struct bf_round *forming(struct bf_engine *e) {
    if (e->forming)
        return e->forming;
    struct bf_arena *a = bf_arena_new(0);
    struct bf_round *r = a ? bf_malloc(sizeof *r) : NULL;
    if (!r) {
        bf_arena_free(a);
        return NULL;
    }
    *r = (struct bf_round){.engine = e, .arena = a, .due = BF_DUE_NEVER};
    r->last = &r->first;
    bf_batch_init(&r->batch, a, e->o.partition, e->seq);
    return e->forming = r;
}

static void release(struct bf_round *r) {
    for (struct bf_kept *k = r->kept; k; k = k->next)
        bf_arena_free(k->garbage);
    bf_arena_free(r->arena);
    bf_free(r);
}

/* What they were told so far (kind DONE), or that the round came to nothing. */
static void answer_all(struct bf_round *r, enum bf_answer_kind kind) {
    for (struct bf_work *w = r->first, *next; w; w = next) {
        next = w->next;
        if (kind != BF_ANSWER_DONE)
            w->result = (struct bf_answer){.kind = kind};
        if (!w->head) {
            drop_opening(w);
            follow(w);
        }
        answer(w);
    }
}

/* What a round that is not durable did is forgotten. */
static void undo(struct bf_round *r) {
    for (struct bf_kept *k = r->kept; k; k = k->next) {
        if (k->head) {
            struct bf_head *h = k->head;
            h->pins--;
            bf_arena_free(h->arena);
            h->arena = NULL;
            h->c = NULL;
            h->key_count = h->heirs_seen = 0;
            bf_engine_forget(r->engine, h);
        }
        if (k->cell) {
            k->cell->pins--;
            k->cell->here = false;
            bf_free((void *)k->cell->row.p);
            k->cell->row = (bf_str){0};
        }
    }
}

static void unpin(struct bf_round *r) {
    for (struct bf_kept *k = r->kept; k; k = k->next) {
        if (k->head)
            k->head->pins--;
        if (k->cell)
            k->cell->pins--;
    }
}

/* A head whose first command waits; pinned while it stands here. */
static void wait_in_line(struct bf_engine *e, struct bf_head *h) {
    if (h->waiting)
        return;
    h->waiting = true;
    h->pins++;
    h->next_waiting = NULL;
    *(e->waiting ? &e->waiting_last->next_waiting : &e->waiting) = h;
    e->waiting_last = h;
    e->waiting_count++;
}

static struct bf_head *next_in_line(struct bf_engine *e) {
    struct bf_head *h = e->waiting;
    e->waiting = h->next_waiting;
    e->waiting_count--;
    h->waiting = false;
    h->pins--;
    return h;
}

/* Everybody whose wait may be over gets one try: who must wait again does so behind the others. */
void bf_engine_resume(struct bf_engine *e) {
    e->resume_due |= e->attempting;
    if (e->dead || e->resuming || e->attempting)
        return;
    e->resume_due = false;
    e->resuming = true;
    for (struct bf_work *w = e->openings; w; w = w->next_opening) {
        w->resume = w->stalled || (w->twin && !w->reading && w->twin <= e->committed);
        w->stalled = false;
    }
    for (struct bf_work *w = e->openings; w;) {
        if (!w->resume) {
            w = w->next_opening;
            continue;
        }
        w->resume = false;
        run_work(w);
        w = e->openings; /* the list may have changed */
    }
    for (uint32_t n = e->waiting_count; n && !e->dead; n--)
        bf_engine_advance(e, next_in_line(e));
    bf_scan_run(e);
    bf_sweep_run(e);
    bf_starts_run(e);
    bf_migrate_run(e);
    bf_seal_run(e);
    e->resuming = false;
}

/* The row that a key was used for is not there after all: the command is as if it were the first. */
static void forget_twins(struct bf_engine *e) {
    for (struct bf_work *w = e->openings; w; w = w->next_opening)
        if (w->twin > e->committed) {
            w->twin = 0;
            w->stalled = true;
        }
    for (struct bf_head *h = e->waiting; h; h = h->next_waiting)
        if (h->first && h->first->twin > e->committed)
            h->first->twin = 0;
}

/* Nothing that is not durable stays: all of it is refused. r: of the writer, or NULL; both are released. */
static void take_back(struct bf_engine *e, struct bf_round *r, enum bf_answer_kind kind) {
    struct bf_round *rounds[] = {r, e->forming};
    e->forming = NULL;
    e->seq = e->committed;
    e->undone++;
    e->cases = e->committed_cases;
    bf_heirs_take_back(e->heirs, e->committed);
    e->wake_after = 0;
    e->held = true;
    bf_scan_again(e);
    for (int i = 2; i-- > 0;)
        if (rounds[i])
            undo(rounds[i]);
    forget_twins(e);
    for (int i = 0; i < 2; i++)
        if (rounds[i]) {
            answer_all(rounds[i], kind);
            release(rounds[i]);
        }
}

static void written(void *ctx, enum bf_err err, const struct bf_error *error) {
    struct bf_round *r = ctx;
    struct bf_engine *e = r->engine;
    BF_ASSERT(e->flying == r);
    e->flying = NULL;
    e->under_way--;
    if (err && err != BF_EFULL) {
        bf_engine_die(e, error);
        e->flying = r; /* answers nobody */
        return;
    }
    if (e->o.written)
        e->o.written(e->o.ctx, err ? NULL : &r->batch);
    if (err) {
        bf_grove_back(e->grove);
        take_back(e, r, BF_ANSWER_FULL);
    } else {
        e->committed = r->batch.head.seq;
        e->committed_cases = r->batch.head.cases;
        e->counts.fired += r->fired;
        unpin(r);
        bf_engine_flush(e); /* the writer goes on while they are answered */
        answer_all(r, BF_ANSWER_DONE);
        release(r);
    }
    bf_engine_resume(e);
    bf_engine_flush(e);
}

void bf_engine_flush(struct bf_engine *e) {
    if (e->resume_due)
        bf_engine_resume(e);
    struct bf_round *r = e->forming;
    if (e->dead || e->flying || !r)
        return;
    e->forming = NULL;
    if (!r->batch.count) {
        BF_ASSERT(!r->first);
        release(r);
        return;
    }
    r->batch.head = (struct bf_row_head){.seq = e->seq, .cases = e->cases};
    if (!bf_grove_grow(e->grove, &r->batch)) {
        take_back(e, r, BF_ANSWER_MEMORY);
        return;
    }
    e->flying = r;
    e->under_way++;
    bf_engine_evict(e);
    if (e->o.submitted)
        e->o.submitted(e->o.ctx);
    bf_store_submit(e->store, &r->batch, written, r);
    bf_scan_run(e);
}

/* ---- commands ---- */

/* Its answer waits for the round of that row. */
static void answer_after(struct bf_work *w, uint64_t seq) {
    struct bf_engine *e = w->engine;
    if (seq <= e->committed) {
        answer_now(w, w->result.kind);
        return;
    }
    bool flies = e->flying && seq <= e->flying->batch.head.seq;
    struct bf_round *r = flies ? e->flying : e->forming;
    BF_ASSERT(r);
    leave_queue(w);
    *r->last = w;
    r->last = &w->next;
}

static void tell_attempt(struct bf_work *w, const struct bf_attempt *t) {
    const struct bf_entry *n = &t->made[t->own].entry;
    w->refused = t->first.refused;
    w->result = (struct bf_answer){.kind = kind_of(n->head.kind),
                                   .seq = n->head.seq,
                                   .number = n->head.number,
                                   .image = n->image,
                                   .facts = n->facts,
                                   .fact_count = n->fact_count,
                                   .proc = n->proc,
                                   .data = n->data,
                                   .settings = t->told,
                                   .setting_count = t->settings.count};
    if (w->result.kind == BF_ANSWER_REFUSED)
        w->result.refused = &w->refused;
}

/* What was seen is shown when it is durable. */
static enum bf_attempt_end looked(struct bf_work *w) {
    struct bf_engine *e = w->engine;
    struct bf_attempt t = {
        .engine = e, .now = e->o.now(e->o.ctx), .arena = bf_arena_new(ATTEMPT_BYTES)};
    if (!t.arena)
        return BF_ATTEMPT_MEMORY;
    enum bf_attempt_end end = bf_attempt_run(&t, &(struct bf_deed){.work = w, .head = w->head});
    bf_arena_free(t.arena);
    if (end == BF_ATTEMPT_DONE) {
        w->result = (struct bf_answer){.kind = BF_ANSWER_DONE,
                                       .seq = w->head ? w->head->last_seq : 0,
                                       .number = w->head ? w->head->number : 0};
        answer_after(w, t.seen);
    }
    return end;
}

enum bf_attempt_end bf_engine_attempt(struct bf_engine *e, const struct bf_deed *d) {
    struct bf_work *w = d->work;
    struct bf_attempt t = {.engine = e, .now = e->o.now(e->o.ctx), .lapse_fails = d->lapse_fails};
    struct bf_round *r = forming(e);
    t.arena = r ? bf_arena_new(ATTEMPT_BYTES) : NULL;
    if (!t.arena)
        return BF_ATTEMPT_MEMORY;
    enum bf_attempt_end end = bf_attempt_run(&t, d);
    if (end == BF_ATTEMPT_DONE && t.made_count && !bf_attempt_write(&t, w, r))
        end = BF_ATTEMPT_MEMORY;
    if (end != BF_ATTEMPT_DONE || !t.made_count) {
        bf_arena_free(t.arena);
        return end;
    }
    for (uint32_t i = 0; i < t.made_count; i++)
        r->fired += bf_entry_has_event(t.made[i].entry.head.kind) &&
                    t.made[i].entry.event.kind == BF_EVENT_TICK;
    for (uint32_t i = 0; i < t.touched_count && !w; i++)
        bf_scan_touched(e, t.touched[i].head);
    if (w) {
        tell_attempt(w, &t);
        leave_queue(w);
        *r->last = w;
        r->last = &w->next;
    }
    return end;
}

enum bf_attempt_end bf_engine_try(struct bf_engine *e, const struct bf_deed *d, bool dry,
                                  struct bf_arena *keep) {
    struct bf_attempt t = {.engine = e, .now = e->o.now(e->o.ctx)};
    struct bf_round *r = forming(e);
    t.arena = r ? bf_arena_new(ATTEMPT_BYTES) : NULL;
    if (!t.arena)
        return BF_ATTEMPT_MEMORY;
    enum bf_attempt_end end = bf_attempt_run(&t, d);
    bool kept = end == BF_ATTEMPT_DONE && d->migrate && bf_migrate_keep(d->migrate->out, keep);
    if (end == BF_ATTEMPT_DONE && !kept) {
        bf_attempt_put_back(&t);
        end = BF_ATTEMPT_MEMORY;
    }
    if (end == BF_ATTEMPT_DONE && dry)
        bf_attempt_put_back(&t);
    else if (end == BF_ATTEMPT_DONE && t.made_count && !bf_attempt_write(&t, NULL, r))
        end = BF_ATTEMPT_MEMORY;
    else if (end == BF_ATTEMPT_DONE && t.made_count)
        return end; /* the round has the arena */
    bf_arena_free(t.arena);
    return end;
}

enum bf_attempt_end bf_engine_fire(struct bf_engine *e, const struct bf_deed *d) {
    struct bf_deed alone = *d;
    enum bf_attempt_end end = bf_engine_attempt(e, d);
    alone.early_alone = true; /* what is kept early is no reason for a lapse to fail */
    alone.early_drop = d->early;
    if (end == BF_ATTEMPT_CHAIN || end == BF_ATTEMPT_UNREADABLE)
        end = bf_engine_attempt(e, &alone);
    if (end != BF_ATTEMPT_CHAIN && end != BF_ATTEMPT_UNREADABLE)
        return end;
    alone.lapse_fails = end == BF_ATTEMPT_CHAIN ? BF_WHY_CHAIN : BF_WHY_UNREADABLE;
    return bf_engine_attempt(e, &alone);
}

/* The lapses of a head that are due by now, as a scan would fire them. */
static enum bf_attempt_end fire(struct bf_engine *e, struct bf_head *h) {
    enum bf_attempt_end end = BF_ATTEMPT_DONE;
    if (h->calendar != h->policy->calendar || bf_heirs_due(e, h, e->o.now(e->o.ctx)))
        end = bf_engine_fire(e, &(struct bf_deed){.head = h, .adopt = true});
    if (end == BF_ATTEMPT_DONE && (h->c->parent || bf_case_running(h->c))) {
        end = bf_engine_attempt(
            e, &(struct bf_deed){.head = h, .family = true, .lapse_at = e->o.now(e->o.ctx)});
        if (end == BF_ATTEMPT_CHAIN || end == BF_ATTEMPT_UNREADABLE)
            end = BF_ATTEMPT_DONE; /* a scan takes them one by one, and says what it cannot do */
    }
    while (end == BF_ATTEMPT_DONE) {
        struct bf_lapse next = {.by = e->o.now(e->o.ctx)};
        bf_lapse_offer(&next, h);
        bf_early_offer(&next, h);
        if (!next.head)
            break;
        end = bf_engine_fire(
            e, &(struct bf_deed){.head = h, .lapse_at = next.at, .early = next.duty == BF_NONE});
    }
    return end;
}

static enum bf_attempt_end tried(struct bf_work *w) {
    enum bf_attempt_end end = BF_ATTEMPT_DONE;
    if (w->task != BF_TASK_LOOK)
        return bf_engine_attempt(w->engine, &(struct bf_deed){.work = w, .head = w->head});
    if (w->head)
        end = fire(w->engine, w->head);
    return end == BF_ATTEMPT_DONE ? looked(w) : end;
}

/* False: it waits. */
static bool try(struct bf_work *w) {
    if (w->task == BF_TASK_NOTICE && w->notice.ask) {
        answer_now(w, BF_ANSWER_DONE);
        return true;
    }
    switch (tried(w)) {
    case BF_ATTEMPT_DONE: return true;
    case BF_ATTEMPT_WAIT: return false;
    case BF_ATTEMPT_MALFORMED: answer_now(w, BF_ANSWER_MALFORMED); return true;
    case BF_ATTEMPT_CHAIN: answer_now(w, BF_ANSWER_CHAIN); return true;
    case BF_ATTEMPT_MEMORY: answer_now(w, BF_ANSWER_MEMORY); return true;
    case BF_ATTEMPT_UNREADABLE: answer_now(w, BF_ANSWER_STORE); return true;
    }
    return true;
}

static void key_read(void *ctx, enum bf_err err, const struct bf_error *e,
                     const struct bf_rows *rows) {
    struct bf_work *w = ctx;
    w->reading = false;
    if (err) {
        if (err != BF_ENOMEM && err != BF_ELIMIT)
            bf_engine_die(w->engine, e);
        answer_now(w, err == BF_ENOMEM ? BF_ANSWER_MEMORY : BF_ANSWER_STORE);
    } else if (rows->count) {
        become_twin(w, ((const struct bf_row_keys *)rows->row)->seq);
    } else {
        w->hash_is_known = true;
        run_work(w);
    }
}

/* Was its key used before? True: it is, or will be, answered otherwise. */
static bool used_before(struct bf_work *w) {
    if (!w->hash || w->hash_is_known)
        return false;
    if (w->head) {
        for (uint32_t i = 0; i < w->head->key_count; i++)
            if (w->head->keys[i].hash == w->hash) {
                become_twin(w, w->head->keys[i].seq);
                return true;
            }
        return false;
    }
    if (bf_keys_unused(w->engine, w->hash)) {
        w->hash_is_known = true;
        return false;
    }
    struct bf_row_keys at = {.principal = w->command.principal, .key = w->command.key};
    struct bf_query q = {.partition = w->engine->o.partition,
                         .table = BF_TABLE_KEYS,
                         .at = &at,
                         .same = 3,
                         .limit = 1};
    w->reading = true;
    bf_store_read(w->engine->store, &q, key_read, w);
    return true;
}

/* The head of its queue, or an opening. */
static void run_work(struct bf_work *w) {
    struct bf_engine *e = w->engine;
    if (e->dead || w->reading || w->leader)
        return;
    if (w->twin && !w->hash_is_known) {
        if (w->twin <= e->committed)
            read_twin(w);
        return;
    }
    if (w->wanted && w->wanted->reading) { /* another row came */
        w->stalled = true;
        return;
    }
    let_go(w);
    if (!used_before(w) && !try(w))
        w->stalled = true;
}

/* A head's commands, as far as they go. */
void bf_engine_advance(struct bf_engine *e, struct bf_head *h) {
    if (h->advancing || e->dead)
        return;
    if (e->attempting) {
        e->resume_due = true;
        if (h->first)
            wait_in_line(e, h);
        return;
    }
    h->advancing = true;
    h->pins++;
    for (struct bf_work *w; (w = h->first) != NULL && !e->dead && !h->loading;) {
        if (!h->c) {
            if (h->failed) {
                enum bf_answer_kind kind = h->failed == BF_ENOENT   ? BF_ANSWER_NO_CASE
                                           : h->failed == BF_ENOMEM ? BF_ANSWER_MEMORY
                                                                    : BF_ANSWER_STORE;
                answer_now(w, kind);
            } else if (!bf_engine_load(e, h)) {
                answer_now(w, BF_ANSWER_MEMORY);
            }
            continue;
        }
        uint64_t turn = w->turn;
        run_work(w);
        if (h->first && h->first->turn == turn)
            break; /* it waits */
    }
    h->pins--;
    h->advancing = false;
    if (h->first)
        wait_in_line(e, h);
    else if (!h->c)
        bf_engine_forget(e, h);
}

static void copy_notice(struct bf_work *w, const struct bf_notice *n) {
    struct bf_row_blob *blobs = bf_new_array(w->arena, struct bf_row_blob, n->blob_count + 1);
    for (uint32_t i = 0; i < n->blob_count; i++) {
        blobs[i] = n->blobs[i];
        blobs[i].hash = bf_str_dup(w->arena, n->blobs[i].hash);
        blobs[i].bytes = bf_str_dup(w->arena, n->blobs[i].bytes);
    }
    w->notice = *n;
    w->notice.data = bf_str_dup(w->arena, n->data);
    w->notice.blobs = blobs;
}

/* n: NULL, unless it is a notice. */
static struct bf_work *work_made(struct bf_engine *e, enum bf_task task, const struct bf_command *c,
                                 const struct bf_notice *n) {
    struct bf_arena *a = bf_arena_new(0);
    jmp_buf jump;
    if (!a)
        return NULL;
    bf_arena_on_exhausted(a, &jump);
    if (setjmp(jump)) {
        bf_arena_free(a);
        return NULL;
    }
    struct bf_work *w = bf_new(a, struct bf_work);
    *w = (struct bf_work){.engine = e, .task = task, .turn = ++e->turns, .command = *c, .arena = a};
    w->command.principal = bf_str_dup(a, c->principal);
    w->command.key = bf_str_dup(a, c->key);
    w->command.request = bf_str_dup(a, c->request);
    w->hash = c->key.len ? bf_key_hash(c->principal, c->key) : 0;
    if (n)
        copy_notice(w, n);
    bf_arena_on_exhausted(a, NULL);
    return w;
}

/* To the end of its case's queue; or, on no case, it is tried at once. */
static void begin(struct bf_work *w, struct bf_head *h) {
    struct bf_engine *e = w->engine;
    e->under_way++;
    if (h) {
        w->head = h;
        *(h->last ? &h->last->next : &h->first) = w;
        h->last = w;
        bf_engine_advance(e, h);
        return;
    }
    for (struct bf_work *x = e->openings; x && w->hash; x = x->next_opening)
        if (x->hash == w->hash && !x->leader && bf_str_eq(x->command.key, w->command.key) &&
            bf_str_eq(x->command.principal, w->command.principal)) {
            w->leader = x;
            break;
        }
    w->next_opening = e->openings;
    e->openings = w;
    run_work(w);
}

static void no_memory(bf_engine_answer *told, void *ctx) {
    told(ctx, &(struct bf_answer){.kind = BF_ANSWER_MEMORY});
}

void bf_engine_command(struct bf_engine *e, const struct bf_command *c) {
    bool opening = c->kind == BF_EVENT_OPEN;
    struct bf_work *w = work_made(e, BF_TASK_COMMAND, c, NULL);
    struct bf_head *h = w && !opening ? bf_engine_head(e, c->number) : NULL;
    if (w && (h || opening)) {
        begin(w, h);
        return;
    }
    bf_arena_free(w ? w->arena : NULL);
    no_memory(c->answer, c->ctx);
}

void bf_engine_look(struct bf_engine *e, const struct bf_look *l) {
    if (!l->number && !l->policy) {
        l->answer(l->ctx, &(struct bf_answer){.kind = BF_ANSWER_NO_CASE});
        return;
    }
    struct bf_command c = {.kind = BF_EVENT_TICK,
                           .number = l->number,
                           .policy = l->policy,
                           .answer = l->answer,
                           .ctx = l->ctx};
    struct bf_work *w = work_made(e, BF_TASK_LOOK, &c, NULL);
    struct bf_head *h = w && l->number ? bf_engine_head(e, l->number) : NULL;
    if (w && (h || !l->number)) {
        w->look = l->look;
        begin(w, h);
        return;
    }
    bf_arena_free(w ? w->arena : NULL);
    no_memory(l->answer, l->ctx);
}

void bf_engine_notice(struct bf_engine *e, const struct bf_notice *n) {
    struct bf_command c = {.kind = BF_EVENT_TICK,
                           .policy = n->policy,
                           .principal = n->principal,
                           .key = n->key,
                           .request = n->request,
                           .answer = n->answer,
                           .ctx = n->ctx};
    memcpy(c.body_hash, n->body_hash, sizeof c.body_hash);
    struct bf_work *w = work_made(e, BF_TASK_NOTICE, &c, n);
    if (w)
        begin(w, NULL);
    else
        no_memory(n->answer, n->ctx);
}

void bf_engine_put(struct bf_engine *e, const struct bf_engine_policy *p, uint32_t reg,
                   struct bf_value row, bf_engine_answer *told, void *ctx) {
    struct bf_buf data;
    bf_buf_init(&data);
    bf_buf_z(&data, "{\"register\":");
    bf_json_text(bf_i_text(p->image, p->image->reg[reg].name), &data);
    bf_buf_z(&data, ",\"row\":");
    bf_value_json(p->image, row, &data);
    bf_buf_char(&data, '}');
    if (data.failed)
        no_memory(told, ctx);
    else
        bf_engine_notice(e, &(struct bf_notice){.kind = BF_ENTRY_REGISTER,
                                                .policy = p,
                                                .data = bf_buf_view(&data),
                                                .answer = told,
                                                .ctx = ctx});
    bf_buf_fini(&data);
}

/* ---- life ---- */

enum bf_err bf_engine_new(struct bf_store *store, const struct bf_engine_options *o,
                          struct bf_engine **out, struct bf_error *error) {
    struct bf_engine *e = bf_malloc(sizeof *e);
    if (!e)
        return bf_fail(error, BF_ENOMEM, "out of memory");
    memset(e, 0, sizeof *e);
    e->store = store;
    e->o = *o;
    if (!(e->heirs = bf_heirs_new())) {
        bf_free(e);
        return bf_fail(error, BF_ENOMEM, "out of memory");
    }
    e->wake = e->wake_since = BF_DUE_NEVER;
    e->starting.not_before = BF_INSTANT_NONE;
    *out = e;
    return BF_OK;
}

/* Of a dead engine: who waits gets no answer. */
static void drop_all(struct bf_engine *e) {
    struct bf_round *rounds[] = {e->forming, e->flying};
    for (int i = 0; i < 2; i++)
        for (struct bf_work *w = rounds[i] ? rounds[i]->first : NULL, *next; w; w = next) {
            next = w->next;
            if (!w->head)
                drop_opening(w);
            bf_arena_free(w->arena);
        }
    for (struct bf_work *w = e->openings, *next; w; w = next) {
        next = w->next_opening;
        bf_arena_free(w->arena);
    }
    for (struct bf_head *h = e->newest; h; h = h->older) {
        for (struct bf_work *w = h->first, *next; w; w = next) {
            next = w->next;
            bf_arena_free(w->arena);
        }
        h->first = NULL;
        h->loading = h->advancing = false;
    }
}

void bf_engine_free(struct bf_engine *e) {
    if (!e)
        return;
    if (e->dead)
        drop_all(e);
    if (e->forming) /* of a dead engine; else nothing is under way */
        release(e->forming);
    if (e->flying)
        release(e->flying);
    bf_scan_fini(e);
    bf_starts_fini(e);
    bf_texts_fini(e);
    bf_adopt_fini(e);
    bf_migrate_fini(e);
    bf_seal_fini(e);
    bf_keys_fini(e);
    while (e->newest) {
        e->newest->pins = 0;
        bf_engine_forget(e, e->newest);
    }
    bf_engine_forget_cells(e);
    for (uint32_t i = 0; i < e->policy_count; i++)
        bf_free(e->policies[i]);
    bf_free(e->policies);
    bf_heirs_free(e->heirs);
    bf_grove_free(e->grove);
    bf_free(e);
}

struct bf_engine_policy *bf_engine_add_policy(struct bf_engine *e, const struct bf_image *m,
                                              const struct bf_calendar *c) {
    struct bf_engine_policy *known =
        bf_engine_policy_of(e, (bf_str){(const char *)m->hash, BF_SHA256_LEN});
    if (known)
        return known;
    bf_engine_retry_heads(e);
    if (e->policy_count == e->policy_cap) {
        uint32_t cap = e->policy_cap ? e->policy_cap * 2 : 8;
        struct bf_engine_policy **bigger = bf_realloc(e->policies, cap * sizeof *bigger);
        if (!bigger)
            return NULL;
        e->policies = bigger;
        e->policy_cap = cap;
    }
    struct bf_engine_policy *p = bf_engine_know_calendar(e, c) ? bf_malloc(sizeof *p) : NULL;
    if (!p)
        return NULL;
    c = bf_adopt_calendar_of(e, bf_calendar_hash(c));
    *p = (struct bf_engine_policy){m, bf_adopt_current(e, m, c), NULL};
    return e->policies[e->policy_count++] = p;
}

static void tree_read(struct bf_engine *e, enum bf_err err, const struct bf_error *error) {
    if (err) {
        bf_engine_die(e, error);
        return;
    }
    bf_scan_heard(e, BF_INSTANT_NONE); /* there may be something already */
    e->ready(e->ready_ctx);
}

static void head_read(void *ctx, enum bf_err err, const struct bf_error *error,
                      const struct bf_rows *rows) {
    struct bf_engine *e = ctx;
    e->under_way--;
    if (err) {
        bf_engine_die(e, error);
        return;
    }
    const struct bf_row_head *row = rows->count ? rows->row : NULL;
    if (row) {
        e->seq = e->committed = row->seq;
        e->cases = e->committed_cases = row->cases;
    }
    bf_grove_open(e, row, tree_read);
}

void bf_engine_start(struct bf_engine *e, void (*ready)(void *ctx), void *ctx) {
    struct bf_query q = {.partition = e->o.partition, .table = BF_TABLE_HEAD, .limit = 1};
    e->ready = ready;
    e->ready_ctx = ctx;
    e->under_way++;
    bf_store_read(e->store, &q, head_read, e);
}

bool bf_engine_idle(const struct bf_engine *e) {
    return !e->under_way && !e->forming && !e->flying && !e->scan.active;
}

void bf_engine_configure(struct bf_engine *e, uint32_t cached_cases, uint32_t batch_rows) {
    e->o.cached_cases = cached_cases;
    e->o.batch_rows = batch_rows;
}

struct bf_engine_counts bf_engine_count(const struct bf_engine *e) {
    struct bf_engine_counts n = e->counts;
    n.queue_rows = e->seq - e->committed;
    n.under_way = e->under_way;
    n.cached_cases = e->head_count;
    n.cached_rows = e->cell_count;
    return n;
}
