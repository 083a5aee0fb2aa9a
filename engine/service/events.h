/* Events: rows of the journal as the API tells them, on /v1/events and in streams. What an act was given and what
** followed is told in brief: names, days and articles, no values; those are read from the case, by who may. */
#ifndef BF_EVENTS_H
#define BF_EVENTS_H

#include "engine/service/service.h"

/* {"act":…,"cites":["15.1"],"day":…,"due":{…},"duty":…,"fact":"armed"} */
void bf_json_fact(const struct bf_image *m, const struct bf_fact *f, struct bf_buf *out);

/* A row, told. Texts are in the arena. */
struct bf_event_told {
    uint64_t seq, number; /* number: of its case; 0: none */
    bf_str kind, person;  /* person: who sent it; empty: nobody */
    bf_str json;
};
/* BF_EFORMAT: the row, or its image, cannot be read. The arena's exhaustion goes to its jump point. */
enum bf_err bf_event_tell(const struct bf_service *s, const struct bf_row_journal *row,
                          struct bf_arena *a, struct bf_event_told *out, struct bf_error *e);
/* Of no case: its sender and operators see it. */
static inline bool bf_event_is_his(const struct bf_event_told *t, bf_str person) {
    return t->number == 0 && person.len && bf_str_eq(t->person, person);
}

#endif
