/* rows: see maker.h. Tables as data, made from tables.def. */
#include <string.h>

#include "engine/store/maker.h"
#include "lang/base/assert.h"
#include "lang/base/mem.h"

enum { /* where each table's columns begin and end in `columns` */
#define TABLE(id, name, cls, keys) FIRST_##name, BEFORE_##name = FIRST_##name - 1,
#define COLUMN(table, kind, name) COLUMN_##table##_##name,
#define END(name) END_##name, LAST_##name = END_##name - 1,
#include "engine/store/tables.def"
};

static const struct bf_column columns[] = {
#define TABLE(id, name, cls, keys)
#define COLUMN(table, kind, name) {#name, BF_KIND_##kind, offsetof(struct bf_row_##table, name)},
#define END(name)
#include "engine/store/tables.def"
};

const struct bf_table_shape bf_shapes[BF_TABLES] = {
#define TABLE(id, name, cls, keys) \
    {#name, \
     BF_CLASS_##cls, \
     keys, \
     END_##name - FIRST_##name, \
     columns + FIRST_##name, \
     sizeof(struct bf_row_##name)},
#define COLUMN(table, kind, name)
#define END(name)
#include "engine/store/tables.def"
};

#define PLACE(table, name) (COLUMN_##table##_##name - FIRST_##table)
static const struct {
    enum bf_table table;
    uint32_t count, present;
    uint8_t column[BF_ORDER_COLUMNS_MAX];
} orders[BF_ORDERS] = {
    [BF_BY_DUE] = {BF_TABLE_CASES,
                   3,
                   PLACE(cases, due),
                   {PLACE(cases, due), PLACE(cases, due_seq), PLACE(cases, number)}},
    [BF_BY_SEQ] = {BF_TABLE_REGISTER,
                   3,
                   BF_NO_COLUMN,
                   {PLACE(register, name), PLACE(register, seq), PLACE(register, key)}},
};

uint32_t bf_order_columns(enum bf_table table, enum bf_order order,
                          uint8_t out[BF_ORDER_COLUMNS_MAX]) {
    if (order == BF_BY_KEY) {
        for (uint32_t i = 0; i < bf_shapes[table].keys; i++)
            out[i] = (uint8_t)i;
        return bf_shapes[table].keys;
    }
    if (orders[order].table != table)
        return 0;
    memcpy(out, orders[order].column, sizeof orders[order].column);
    return orders[order].count;
}

uint32_t bf_order_present(enum bf_order order) {
    return order == BF_BY_KEY ? BF_NO_COLUMN : orders[order].present;
}

bool bf_order_holds(enum bf_table table, enum bf_order order, const void *row) {
    uint32_t present = bf_order_present(order);
    return present == BF_NO_COLUMN ||
           bf_cell_number(&bf_shapes[table].column[present], row) != BF_INSTANT_NONE;
}

int64_t bf_cell_number(const struct bf_column *c, const void *row) {
    int64_t n;
    memcpy(&n, (const char *)row + c->offset, sizeof n);
    return n;
}

bf_str bf_cell_bytes(const struct bf_column *c, const void *row) {
    bf_str s;
    memcpy(&s, (const char *)row + c->offset, sizeof s);
    return s;
}

void bf_cell_set_number(const struct bf_column *c, void *row, int64_t n) {
    memcpy((char *)row + c->offset, &n, sizeof n);
}

void bf_cell_set_bytes(const struct bf_column *c, void *row, bf_str s) {
    memcpy((char *)row + c->offset, &s, sizeof s);
}

int bf_row_compare(enum bf_table table, const uint8_t *column, uint32_t count, const void *x,
                   const void *y) {
    for (uint32_t i = 0; i < count; i++) {
        const struct bf_column *c = &bf_shapes[table].column[column[i]];
        int order;
        if (bf_cell_is_number(c)) {
            int64_t a = bf_cell_number(c, x), b = bf_cell_number(c, y);
            order = (a > b) - (a < b);
        } else {
            order = bf_str_cmp(bf_cell_bytes(c, x), bf_cell_bytes(c, y));
        }
        if (order)
            return order;
    }
    return 0;
}

size_t bf_row_texts(enum bf_table table, const void *row) {
    const struct bf_table_shape *t = &bf_shapes[table];
    size_t size = 0;
    for (uint32_t i = 0; i < t->count; i++)
        if (!bf_cell_is_number(&t->column[i]))
            size += bf_cell_bytes(&t->column[i], row).len;
    return size;
}

void *bf_row_copy(enum bf_table table, const void *row) {
    const struct bf_table_shape *t = &bf_shapes[table];
    size_t size = t->size + bf_row_texts(table, row);
    char *copy = bf_malloc(size);
    if (!copy)
        return NULL;
    memcpy(copy, row, t->size);
    char *end = copy + t->size;
    for (uint32_t i = 0; i < t->count; i++) {
        if (bf_cell_is_number(&t->column[i]))
            continue;
        bf_str s = bf_cell_bytes(&t->column[i], row);
        if (s.len)
            memcpy(end, s.p, s.len);
        bf_cell_set_bytes(&t->column[i], copy, (bf_str){end, s.len});
        end += s.len;
    }
    return copy;
}

struct bf_query *bf_query_copy(const struct bf_query *q) {
    struct bf_query *copy = bf_malloc(sizeof *copy);
    void *at = q->at ? bf_row_copy(q->table, q->at) : NULL;
    if (!copy || (q->at && !at)) {
        bf_free(copy);
        bf_free(at);
        return NULL;
    }
    *copy = *q;
    copy->at = at;
    return copy;
}

void bf_batch_init(struct bf_batch *b, struct bf_arena *a, uint32_t partition, uint64_t expected) {
    *b = (struct bf_batch){.arena = a, .partition = partition, .expected = expected};
}

static void add(struct bf_batch *b, enum bf_table table, bool del, const void *row) {
    BF_ASSERT(table < BF_TABLES && table != BF_TABLE_HEAD);
    if (b->count == b->cap) {
        uint32_t cap = b->cap ? b->cap * 2 : 64;
        struct bf_batch_op *op = bf_new_array(b->arena, struct bf_batch_op, cap);
        if (b->count)
            memcpy(op, b->op, sizeof *op * b->count);
        b->op = op;
        b->cap = cap;
    }
    const void *copy = bf_arena_copy(b->arena, row, bf_shapes[table].size);
    b->op[b->count++] = (struct bf_batch_op){table, del, copy};
}

void bf_batch_put(struct bf_batch *b, enum bf_table table, const void *row) {
    add(b, table, false, row);
}

void bf_batch_del(struct bf_batch *b, enum bf_table table, const void *row) {
    add(b, table, true, row);
}

static uint64_t row_bytes(enum bf_table table, const void *row, uint32_t count) {
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct bf_column *c = &bf_shapes[table].column[i];
        bytes += bf_cell_is_number(c) ? 8 : bf_cell_bytes(c, row).len;
    }
    return bytes;
}

void bf_batch_cost(const struct bf_batch *b, struct bf_batch_cost *cost) {
    const struct bf_table_shape *head = &bf_shapes[BF_TABLE_HEAD];
    *cost =
        (struct bf_batch_cost){b->count + 1, 0, row_bytes(BF_TABLE_HEAD, &b->head, head->count)};
    for (uint32_t i = 0; i < b->count; i++) {
        const struct bf_batch_op *op = &b->op[i];
        const struct bf_table_shape *t = &bf_shapes[op->table];
        uint8_t column[BF_ORDER_COLUMNS_MAX];
        cost->bytes += row_bytes(op->table, op->row, op->del ? t->keys : t->count);
        for (enum bf_order order = BF_BY_KEY + 1; order < BF_ORDERS; order++)
            if (bf_order_columns(op->table, order, column) &&
                (op->del || bf_order_holds(op->table, order, op->row)))
                cost->index_entries++;
    }
}
