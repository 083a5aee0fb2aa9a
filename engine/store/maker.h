/* Maker: what the makers of a store share: the shape of the tables as data, and what a maker answers. */
#ifndef BF_STORE_MAKER_H
#define BF_STORE_MAKER_H

#include "engine/store/store.h"

enum bf_column_kind { BF_KIND_NUM, BF_KIND_TIME, BF_KIND_TEXT, BF_KIND_BYTES };
enum bf_table_class { BF_CLASS_TRUTH, BF_CLASS_DERIVED, BF_CLASS_OPERATIONAL };

struct bf_column {
    const char *name;
    enum bf_column_kind kind;
    size_t offset;
};
struct bf_table_shape {
    const char *name;
    enum bf_table_class cls;
    uint32_t keys, count;
    const struct bf_column *column;
    size_t size; /* of its row */
};
extern const struct bf_table_shape bf_shapes[BF_TABLES];

enum { BF_ORDER_COLUMNS_MAX = 4 };
/* The columns of a table in an order, the last ones its key; 0: the table has no such order. */
uint32_t bf_order_columns(enum bf_table table, enum bf_order order,
                          uint8_t out[BF_ORDER_COLUMNS_MAX]);
/* Does the row stand in that order? (One without a due is not among the due.) */
bool bf_order_holds(enum bf_table table, enum bf_order order, const void *row);
#define BF_NO_COLUMN UINT32_MAX
uint32_t bf_order_present(enum bf_order order); /* the column that must not be none; BF_NO_COLUMN */

int64_t bf_cell_number(const struct bf_column *c, const void *row);
bf_str bf_cell_bytes(const struct bf_column *c, const void *row);
void bf_cell_set_number(const struct bf_column *c, void *row, int64_t n);
void bf_cell_set_bytes(const struct bf_column *c, void *row, bf_str s);
static inline bool bf_cell_is_number(const struct bf_column *c) { return c->kind <= BF_KIND_TIME; }
int bf_row_compare(enum bf_table table, const uint8_t *columns, uint32_t count, const void *x,
                   const void *y);

/* The bytes of its texts. */
size_t bf_row_texts(enum bf_table table, const void *row);

/* The query with `at` copied behind it, in one piece. NULL when out of memory. */
struct bf_query *bf_query_copy(const struct bf_query *q);

struct bf_maker {
    void (*submit)(struct bf_store *s, const struct bf_batch *b, bf_store_done *done, void *ctx);
    void (*read)(struct bf_store *s, const struct bf_query *q, bf_store_rows *rows, void *ctx);
    void (*backup)(struct bf_store *s, const char *path, bf_store_done *done, void *ctx);
    void (*check)(struct bf_store *s, bf_store_done *done, void *ctx);
    void (*poll)(struct bf_store *s);
    void (*close)(struct bf_store *s);
};
struct bf_store { /* first in each maker's own */
    const struct bf_maker *maker;
    _Atomic uint64_t log_bytes; /* set by the writer */
};

#endif
