/* memory: a store without a disk, for tests and simulation. All work is done in poll, in the order asked; equal
** calls give equal answers.
**
** A batch is applied in two parts: what may fail (copies, room in every list), then what cannot.
*/
#include <string.h>

#include "engine/store/maker.h"
#include "lang/base/assert.h"
#include "lang/base/mem.h"

struct list { /* rows in one order; the lists of a table share them */
    void **row;
    uint32_t count, cap;
};
struct part {
    struct part *next;
    uint32_t partition;
    struct list list[BF_TABLES][BF_ORDERS];
};
struct bf_memory {
    struct part *parts;
    uint64_t batches_until_fault; /* 0: none comes */
    enum bf_memory_fault fault;
};

struct job {
    struct job *next;
    const struct bf_batch *batch; /* or */
    struct bf_query *query;       /* or neither: answered with err */
    bf_store_done *done;
    bf_store_rows *rows;
    void *ctx;
    enum bf_err err;
    const char *text;
};
struct memory_store {
    struct bf_store store;
    struct bf_memory *memory;
    struct bf_store_options options;
    struct job *first, **last;
    struct job of_batch; /* so that asking for one needs no memory */
    bool dead, submitted;
};

static struct memory_store *self(struct bf_store *s) { return (struct memory_store *)(void *)s; }

struct bf_memory *bf_memory_new(void) {
    struct bf_memory *m = bf_malloc(sizeof *m);
    if (m)
        *m = (struct bf_memory){0};
    return m;
}

void bf_memory_free(struct bf_memory *m) {
    while (m && m->parts) {
        struct part *p = m->parts;
        m->parts = p->next;
        for (int table = 0; table < BF_TABLES; table++) {
            struct list *all = &p->list[table][BF_BY_KEY];
            for (uint32_t i = 0; i < all->count; i++)
                bf_free(all->row[i]);
            for (int order = 0; order < BF_ORDERS; order++)
                bf_free(p->list[table][order].row);
        }
        bf_free(p);
    }
    bf_free(m);
}

void bf_memory_fail(struct bf_memory *m, uint64_t batches, enum bf_memory_fault fault) {
    m->batches_until_fault = batches + 1;
    m->fault = fault;
}

static struct part *find_part(struct bf_memory *m, uint32_t partition) {
    struct part *p = m->parts;
    while (p && p->partition != partition)
        p = p->next;
    return p;
}

static struct part *need_part(struct bf_memory *m, uint32_t partition) {
    struct part *p = find_part(m, partition);
    if (p || !(p = bf_malloc(sizeof *p)))
        return p;
    *p = (struct part){.next = m->parts, .partition = partition};
    return m->parts = p;
}

/* The first place whose row is not below `row` by the columns; with beyond, the first above it. */
static uint32_t seek(const struct list *l, enum bf_table table, const uint8_t *column,
                     uint32_t count, const void *row, bool beyond) {
    uint32_t low = 0, high = l->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = bf_row_compare(table, column, count, l->row[middle], row);
        if (order < 0 || (beyond && order == 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool reserve(struct list *l, uint32_t more) {
    if (l->count + more <= l->cap)
        return true;
    uint32_t cap = (l->count + more) * 2;
    void **row = bf_realloc(l->row, sizeof *row * cap);
    if (!row)
        return false;
    l->row = row;
    l->cap = cap;
    return true;
}

/* Takes the row of that key out of every order; returns it, or NULL. */
static void *take(struct part *p, enum bf_table table, const void *key) {
    uint8_t column[BF_ORDER_COLUMNS_MAX];
    void *row = NULL;
    for (enum bf_order order = BF_BY_KEY; order < BF_ORDERS; order++) {
        struct list *l = &p->list[table][order];
        uint32_t count = bf_order_columns(table, order, column);
        if (!l->count || (order != BF_BY_KEY && (!count || !bf_order_holds(table, order, row))))
            continue;
        uint32_t at = seek(l, table, column, count, order == BF_BY_KEY ? key : row, false);
        if (order == BF_BY_KEY) {
            if (at == l->count || bf_row_compare(table, column, count, l->row[at], key) != 0)
                return NULL;
            row = l->row[at];
        }
        BF_ASSERT(at < l->count && l->row[at] == row);
        memmove(l->row + at, l->row + at + 1, sizeof *l->row * (l->count - at - 1));
        l->count--;
    }
    return row;
}

static void place(struct part *p, enum bf_table table, void *row) {
    uint8_t column[BF_ORDER_COLUMNS_MAX];
    bf_free(take(p, table, row));
    for (enum bf_order order = BF_BY_KEY; order < BF_ORDERS; order++) {
        struct list *l = &p->list[table][order];
        uint32_t count = bf_order_columns(table, order, column);
        if (order != BF_BY_KEY && (!count || !bf_order_holds(table, order, row)))
            continue;
        uint32_t at = seek(l, table, column, count, row, false);
        memmove(l->row + at + 1, l->row + at, sizeof *l->row * (l->count - at));
        l->row[at] = row;
        l->count++;
    }
}

static bool room_for(struct part *p, const struct bf_batch *b) {
    uint32_t more[BF_TABLES] = {[BF_TABLE_HEAD] = 1};
    for (uint32_t i = 0; i < b->count; i++)
        more[b->op[i].table] += !b->op[i].del;
    for (int table = 0; table < BF_TABLES; table++)
        for (int order = 0; order < BF_ORDERS; order++)
            if (more[table] && !reserve(&p->list[table][order], more[table]))
                return false;
    return true;
}

/* Copies of the rows to be put, the head last. */
static void **copy_rows(const struct bf_batch *b) {
    void **copy = bf_malloc(sizeof *copy * ((size_t)b->count + 1));
    for (uint32_t i = 0; copy && i <= b->count; i++) {
        bool put = i == b->count || !b->op[i].del;
        copy[i] = !put            ? NULL
                  : i == b->count ? bf_row_copy(BF_TABLE_HEAD, &b->head)
                                  : bf_row_copy(b->op[i].table, b->op[i].row);
        if (!put || copy[i])
            continue;
        while (i-- > 0)
            bf_free(copy[i]);
        bf_free(copy);
        return NULL;
    }
    return copy;
}

static enum bf_err apply(struct bf_memory *m, const struct bf_batch *b, const char **text) {
    struct part *p = need_part(m, b->partition);
    *text = "out of memory";
    if (!p)
        return BF_ENOMEM;
    const struct list *heads = &p->list[BF_TABLE_HEAD][BF_BY_KEY];
    const struct bf_row_head *head = heads->count ? heads->row[0] : NULL;
    *text = "the head is elsewhere: another has written";
    if ((head ? head->seq : 0) != b->expected)
        return BF_EIO;
    *text = "out of memory";
    void **copy = room_for(p, b) ? copy_rows(b) : NULL;
    if (!copy)
        return BF_ENOMEM;
    for (uint32_t i = 0; i < b->count; i++) {
        if (b->op[i].del)
            bf_free(take(p, b->op[i].table, b->op[i].row));
        else
            place(p, b->op[i].table, copy[i]);
    }
    place(p, BF_TABLE_HEAD, copy[b->count]);
    bf_free(copy);
    return BF_OK;
}

static enum bf_err commit(struct memory_store *s, const struct bf_batch *b, const char **text) {
    struct bf_memory *m = s->memory;
    *text = "the store is dead";
    if (s->dead)
        return BF_EIO;
    bool faulty = m->batches_until_fault && --m->batches_until_fault == 0;
    if (faulty && m->fault == BF_MEMORY_FULL) {
        *text = "disk full";
        return BF_EFULL;
    }
    if (faulty && m->fault == BF_MEMORY_LOST) {
        *text = "batch lost";
        s->dead = true;
        return BF_EIO;
    }
    enum bf_err err = apply(m, b, text);
    if (!err && faulty) {
        *text = "batch in doubt";
        err = BF_EIO;
    }
    s->dead = err != BF_OK;
    return err;
}

/* ---- reading ---- */

static bool wanted(const struct bf_query *q, const uint8_t *column, const void *row) {
    if (bf_row_compare(q->table, column, q->same, row, q->at) != 0)
        return false;
    return !q->bounded ||
           bf_cell_number(&bf_shapes[q->table].column[column[q->same]], row) <= q->until;
}

/* Counts a row's bytes; have they come to the bound? */
static bool reached(const struct bf_query *q, const void *row, uint64_t *bytes) {
    *bytes += bf_row_texts(q->table, row);
    return q->bytes && *bytes >= q->bytes;
}

static uint32_t collect_range(const struct part *p, const struct bf_query *q, char *out,
                              bool *cut) {
    const struct list *l = &p->list[q->table][q->order];
    uint8_t column[BF_ORDER_COLUMNS_MAX];
    uint32_t all = bf_order_columns(q->table, q->order, column), count = 0;
    size_t size = bf_shapes[q->table].size;
    uint32_t at = q->at ? seek(l, q->table, column, q->after ? all : q->same, q->at, q->after) : 0;
    uint64_t bytes = 0;
    for (; !*cut && at < l->count && count < q->limit && wanted(q, column, l->row[at]); at++) {
        memcpy(out + size * count++, l->row[at], size);
        *cut = reached(q, l->row[at], &bytes);
    }
    return count;
}

static uint32_t collect_chain(const struct part *p, const struct bf_query *q, char *out,
                              bool *cut) {
    const struct list *l = &p->list[BF_TABLE_JOURNAL][BF_BY_KEY];
    struct bf_row_journal row = *(const struct bf_row_journal *)q->at;
    uint32_t count = 0;
    uint8_t column[BF_ORDER_COLUMNS_MAX];
    uint32_t keys = bf_order_columns(BF_TABLE_JOURNAL, BF_BY_KEY, column);
    uint64_t bytes = 0;
    while (row.seq && count < q->limit && !*cut) {
        uint32_t at = seek(l, BF_TABLE_JOURNAL, column, keys, &row, false);
        const struct bf_row_journal *found = at < l->count ? l->row[at] : NULL;
        if (!found || found->seq != row.seq)
            break;
        memcpy(out + sizeof row * count++, found, sizeof row);
        row.seq = found->before;
        *cut = reached(q, found, &bytes);
    }
    return count;
}

static void answer_read(struct memory_store *s, const struct job *job) {
    const struct bf_query *q = job->query;
    const struct part *p = find_part(s->memory, q->partition);
    uint32_t most = p ? p->list[q->table][q->order].count : 0;
    size_t rows = q->limit < most ? q->limit : most;
    char *out = bf_malloc(rows * bf_shapes[q->table].size + 1);
    struct bf_error e;
    if (!out) {
        bf_fail(&e, BF_ENOMEM, "read %s: out of memory", bf_shapes[q->table].name);
        job->rows(job->ctx, e.code, &e, NULL);
        return;
    }
    bool cut = false;
    uint32_t count = !p         ? 0
                     : q->chain ? collect_chain(p, q, out, &cut)
                                : collect_range(p, q, out, &cut);
    job->rows(job->ctx, BF_OK, NULL, &(struct bf_rows){q->table, out, count, cut});
    bf_free(out);
}

/* ---- the queue ---- */

static void enqueue(struct memory_store *s, struct job *job) {
    job->next = NULL;
    *s->last = job;
    s->last = &job->next;
    if (s->options.wake)
        s->options.wake(s->options.wake_ctx);
}

/* False: out of memory. */
static bool enqueue_new(struct memory_store *s, struct job job) {
    struct job *copy = bf_malloc(sizeof *copy);
    if (!copy)
        return false;
    *copy = job;
    enqueue(s, copy);
    return true;
}

static void memory_submit(struct bf_store *store, const struct bf_batch *b, bf_store_done *done,
                          void *ctx) {
    struct memory_store *s = self(store);
    BF_ASSERT(!s->submitted);
    s->submitted = true;
    s->of_batch = (struct job){.batch = b, .done = done, .ctx = ctx};
    enqueue(s, &s->of_batch);
}

static void memory_read(struct bf_store *store, const struct bf_query *q, bf_store_rows *rows,
                        void *ctx) {
    struct bf_query *copy = bf_query_copy(q);
    struct bf_error e;
    if (copy && enqueue_new(self(store), (struct job){.query = copy, .rows = rows, .ctx = ctx}))
        return;
    if (copy)
        bf_free((void *)copy->at);
    bf_free(copy);
    bf_fail(&e, BF_ENOMEM, "read: out of memory");
    rows(ctx, e.code, &e, NULL);
}

static void ask(struct memory_store *s, struct job job) {
    struct bf_error e;
    if (enqueue_new(s, job))
        return;
    bf_fail(&e, BF_ENOMEM, "store: out of memory");
    job.done(job.ctx, e.code, &e);
}

static void memory_backup(struct bf_store *store, const char *path, bf_store_done *done,
                          void *ctx) {
    (void)path;
    ask(self(store), (struct job){.done = done,
                                  .ctx = ctx,
                                  .err = BF_EIO,
                                  .text = "backup: a store in memory has no file"});
}

static void memory_check(struct bf_store *store, bf_store_done *done, void *ctx) {
    struct memory_store *s = self(store);
    struct job job = {.done = done, .ctx = ctx};
    uint8_t column[BF_ORDER_COLUMNS_MAX];
    for (const struct part *p = s->memory->parts; p; p = p->next)
        for (enum bf_table table = 0; table < BF_TABLES; table++)
            for (enum bf_order order = 0; order < BF_ORDERS; order++) {
                const struct list *l = &p->list[table][order];
                uint32_t count = bf_order_columns(table, order, column);
                for (uint32_t i = 1; i < l->count; i++)
                    if (bf_row_compare(table, column, count, l->row[i - 1], l->row[i]) >= 0) {
                        job.err = BF_EFORMAT;
                        job.text = "rows are out of order";
                    }
            }
    ask(s, job);
}

static void answer_done(struct memory_store *s, struct job job) {
    struct bf_error e;
    if (job.batch) {
        job.err = commit(s, job.batch, &job.text);
        s->submitted = false;
    }
    if (job.err)
        bf_fail(&e, job.err, "%s", job.text);
    job.done(job.ctx, job.err, job.err ? &e : NULL);
}

static void answer(struct memory_store *s, struct job *job) {
    if (job->query) {
        answer_read(s, job);
        bf_free((void *)job->query->at);
        bf_free(job->query);
    } else {
        answer_done(
            s, *job); /* a copy: the place of a batch is the next one's, which done may ask for */
    }
    if (job != &s->of_batch)
        bf_free(job);
}

static void memory_poll(struct bf_store *store) {
    struct memory_store *s = self(store);
    struct job *job = s->first;
    s->first = NULL;
    s->last = &s->first;
    while (job) {
        struct job *next = job->next;
        answer(s, job);
        job = next;
    }
}

static void memory_close(struct bf_store *store) {
    struct memory_store *s = self(store);
    while (s->first)
        memory_poll(store);
    bf_free(s);
}

enum bf_err bf_store_open_memory(struct bf_memory *m, const struct bf_store_options *o,
                                 struct bf_store **out, struct bf_error *e) {
    static const struct bf_maker maker = {memory_submit, memory_read, memory_backup,
                                          memory_check,  memory_poll, memory_close};
    struct memory_store *s = bf_malloc(sizeof *s);
    if (!s)
        return bf_fail(e, BF_ENOMEM, "open store in memory: out of memory");
    *s = (struct memory_store){.store = {.maker = &maker}, .memory = m, .options = *o};
    s->last = &s->first;
    *out = &s->store;
    return BF_OK;
}
