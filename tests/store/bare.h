/* bare: the rows of a batch of steps written by a loop over SQLite that does nothing else. */
#ifndef BF_STORE_BARE_H
#define BF_STORE_BARE_H

#include <stdint.h>

struct bare;
struct bare *bare_open(const char *path); /* dies if it cannot */
void bare_close(struct bare *b);
/* One transaction: of each step a journal row (seq and what follows) and its case's row. */
void bare_begin(struct bare *b);
void bare_step(struct bare *b, uint64_t seq, uint64_t number, int64_t due, const char *body,
               int len);
void bare_commit(struct bare *b);

#endif
