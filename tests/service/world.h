/* world: an engine over a store in memory and a clock of its own, which tests drive, kill and open again.
**
** What is acknowledged is counted by whoever asks; what is there is read from the journal, by code that shares nothing
** with the engine's heads.
*/
#ifndef WORLD_H
#define WORLD_H

#include "engine/service/engine.h"

enum { WORLD_POLICIES = 8, WORLD_CALENDARS = 16 };

struct world {
    struct bf_arena *a; /* for as long as the world */
    const struct bf_image *image[WORLD_POLICIES];
    struct bf_engine_policy *policy[WORLD_POLICIES];
    uint32_t policies;
    const struct bf_calendar
        *calendar[WORLD_CALENDARS]; /* 0: what policies count by unless another was adopted */
    uint32_t calendars;
    uint32_t cached_cases, batch_rows;
    bf_instant now;
    struct bf_memory *memory;
    struct bf_store *store;
    struct bf_engine *e;
    bool ready, dead;
    struct bf_error error;
};

/* Says what, and why if that is known, and ends the program. */
_Noreturn void world_broken(const struct world *w, const char *what);
const struct bf_image *world_image(struct world *w, const char *path);
/* A calendar's text; its name must be in it. */
const struct bf_calendar *world_calendar(struct world *w, const char *name, const char *text);

void world_open(struct world *w);
/* Polls and flushes until nothing is left to do, or the engine is dead. */
void world_pump(struct world *w);
/* Nothing more is heard of what was under way. */
void world_close(struct world *w);
/* Dead or not: close and open. */
void world_reopen(struct world *w);
/* Adopts a calendar; returns false if the disk was full or the engine died. */
bool world_adopt(struct world *w, uint32_t calendar);

struct world_rows {
    struct bf_entry *row;
    uint64_t *before;
    uint32_t count;
};
/* All rows, read anew, in the arena. */
struct world_rows world_rows(struct world *w, struct bf_arena *a);
/* The cases that these rows make, from their facts alone. */
struct bf_journal_cases world_cases(struct world *w, struct bf_arena *a,
                                    const struct world_rows *rows);
/* Is what the store says of each case what the journal says? */
void world_check_cases(struct world *w, struct bf_arena *a, const struct world_rows *rows);
/* The journal as a file, with the images and calendars there are. */
void world_export(struct world *w, const char *path);
/* The tree, the derived tables and every step again. */
void world_verify(struct world *w);

/* ---- commands ---- */
/* A party of code and name alike. */
struct bf_value world_party(struct bf_arena *a, enum bf_kind kind, const char *code);
struct world_sent {
    const char *act; /* NULL: an opening of procedure 0 */
    uint32_t policy; /* OPEN */
    struct bf_value actor, args[8];
    uint32_t nargs;
    const char *key; /* NULL: none */
    bool if_early;
    bool answered, again;
    enum bf_answer_kind kind;
    enum bf_refusal refusal;
    uint64_t seq, number;
};
/* Sends it; it is not answered before it is durable. */
void world_send(struct world *w, struct world_sent *x, uint64_t number);
/* Fires what is due, until nothing is. */
void world_scan(struct world *w);

/* ---- a story ---- */
/* What happens in a world of batches of 8 rows, and what must hold of it however it went. */
struct world_story {
    void (*happens)(struct world *w);
    void (*holds)(struct world *w, struct bf_arena *a);
    const char *calendar; /* cn.workdays */
    uint32_t cached_cases;
    uint32_t unnoticed; /* up to this batch a full disk may be one that nobody hears of */
    bool thinner;       /* each batch at first, then fewer and fewer */
    const unsigned *faults;
};
/* Tells it with the images of paths (up to NULL), whole; then with each batch refused, lost or in doubt. What main returns:
** 1 if there was no fault. */
int world_tell(const struct world_story *s, char **paths);

#endif
