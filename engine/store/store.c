/* store: see store.h. Passes what is asked to the maker. */
#include "engine/store/maker.h"
#include "lang/base/assert.h"

void bf_store_submit(struct bf_store *s, const struct bf_batch *b, bf_store_done *done, void *ctx) {
    uint64_t seq = b->expected;
    for (uint32_t i = 0; i < b->count; i++) {
        if (b->op[i].table != BF_TABLE_JOURNAL || b->op[i].del)
            continue;
        const struct bf_row_journal *row = b->op[i].row;
        BF_ASSERT(row->seq > seq && row->before < row->seq);
        seq = row->seq;
    }
    BF_ASSERT(b->head.seq >= seq && b->head.seq <= BF_SEQ_MAX && b->partition < BF_PARTITIONS);
    s->maker->submit(s, b, done, ctx);
}

uint64_t bf_store_log_bytes(const struct bf_store *s) { return s->log_bytes; }

void bf_store_read(struct bf_store *s, const struct bf_query *q, bf_store_rows *rows, void *ctx) {
    uint8_t column[BF_ORDER_COLUMNS_MAX];
    uint32_t count = bf_order_columns(q->table, q->order, column);
    BF_ASSERT(count || q->order == BF_BY_KEY);
    BF_ASSERT(q->limit > 0 && q->same <= count);
    BF_ASSERT(q->at || (!q->same && !q->after && !q->chain));
    BF_ASSERT(!q->after || q->same < count);
    BF_ASSERT(!q->bounded ||
              (q->same < count && bf_cell_is_number(&bf_shapes[q->table].column[column[q->same]])));
    BF_ASSERT(!q->chain || (q->table == BF_TABLE_JOURNAL && !q->after && !q->bounded));
    s->maker->read(s, q, rows, ctx);
}

void bf_store_backup(struct bf_store *s, const char *path, bf_store_done *done, void *ctx) {
    s->maker->backup(s, path, done, ctx);
}

void bf_store_check(struct bf_store *s, bf_store_done *done, void *ctx) {
    s->maker->check(s, done, ctx);
}

void bf_store_poll(struct bf_store *s) { s->maker->poll(s); }

void bf_store_close(struct bf_store *s) {
    if (s)
        s->maker->close(s);
}
