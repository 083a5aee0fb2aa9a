/* Fact: what a step found to have happened; the only way a case changes.
**
** A step applies each fact to its working copy as it finds it, with the function that rebuilds a case
** from its journal (apply.h), so the two cannot disagree. Each names the row of `src` that is its
** citation, and the legal day and instant it belongs to: of a lapse, the limit's last day.
*/
#ifndef BF_FACT_H
#define BF_FACT_H

#include "engine/core/persons.h"
#include "engine/core/term.h"
#include "engine/core/value.h"

enum bf_fact_kind {
#define FACT(name, word, a, b, c) BF_FACT_##name,
#include "engine/core/fact.def"
    BF_FACT_KINDS
};

/* What a row number is of. */
enum bf_row_kind {
    BF_ROW_NONE,
    BF_ROW_NUMBER,
    BF_ROW_PROC,
    BF_ROW_START,
    BF_ROW_OFFER,
    BF_ROW_ACT,
    BF_ROW_STATE,
    BF_ROW_DUTY,
    BF_ROW_DATA,
    BF_ROW_VIOLATION,
    BF_ROW_REGISTER,
    BF_ROW_EVENT,
    BF_ROW_RECORD
};

/* Why a request for consent died. */
enum bf_death {
    BF_DEATH_CLOSED,   /* its act is no longer open, or its duty lapsed */
    BF_DEATH_REPLACED, /* the act was asked for anew */
};

struct bf_fact {
    uint16_t kind; /* enum bf_fact_kind */
    uint16_t how;
    uint32_t src; /* BF_NONE: nothing says so but the language */
    uint32_t a, b, c;
    bf_day day;
    bf_instant at;
    struct bf_due due;
    uint32_t n;
    const struct bf_value *v;
    const struct bf_value *member; /* of a duty of each, and its acts: whose; NULL: none */
    const struct bf_persons
        *by; /* of what somebody did or asked for: the persons behind it; NULL: not known */
};

/* Kinds of a, b, c of a fact. */
enum bf_row_kind bf_fact_row(enum bf_fact_kind kind, int which);
const char *bf_fact_word(enum bf_fact_kind kind);
/* Their keys in its JSON; NULL: it has no such row. */
const char *bf_fact_row_key(enum bf_fact_kind kind, int which);

/* Does it carry its duty's due date from then on? */
bool bf_fact_has_due(enum bf_fact_kind kind);

/* A copy that shares nothing. */
struct bf_fact bf_fact_copy(struct bf_arena *a, const struct bf_fact *f);

/* One line of canonical JSON, without the newline; rows by name, but starts, offers and duties by number in
** the image, since they need have no name of their own. canon.h reads it. */
void bf_fact_json(const struct bf_image *m, const struct bf_fact *f, struct bf_buf *out);

#endif
