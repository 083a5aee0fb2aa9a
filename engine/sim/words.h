/* Words: how values, parties, dates, citations and deadlines are told to people, in both languages.
**
** Everything returned lives in the arena of struct bf_words.
*/
#ifndef BF_WORDS_H
#define BF_WORDS_H

#include "engine/core/eval.h"
#include "lang/base/diag.h"

struct bf_words {
    struct bf_arena *arena;
    const struct bf_image *image;
    const struct bf_calendar *calendar;
    enum bf_lang lang;
};

/* A table text with its arguments filled in. */
bf_str bf_words_text(const struct bf_words *w, enum bf_text_id id, const bf_arg *args, int nargs);
bf_str bf_words_join(const struct bf_words *w, bf_str x, const char *between, bf_str y);

bf_str bf_words_day(const struct bf_words *w, bf_day day); /* 2025-10-13 周一 */
bf_str bf_words_instant(const struct bf_words *w,
                        bf_instant at); /* 2025-10-13 周一 09:30, on the calendar's clock */
bf_str bf_words_value(const struct bf_words *w, struct bf_value v);
bf_str bf_words_party(const struct bf_words *w, struct bf_value v);
/* A party and the persons behind what it did: "Town office (by Li Na, deputy of Zhang Wei)". by NULL: the party. */
bf_str bf_words_doer(const struct bf_words *w, struct bf_value who, const struct bf_persons *by);
bf_str bf_words_period(const struct bf_words *w, struct bf_value v);
/* The citations of a row of src, joined; empty if there are none. */
bf_str bf_words_cites(const struct bf_words *w, uint32_t src);
bf_str bf_words_cite_range(const struct bf_words *w, struct bf_i_range cites);
/* As JSON writes one: "15.1", or "other_policy:15.1"; no quotes. */
void bf_words_cite_code(const struct bf_image *m, const struct bf_i_cite *c, struct bf_buf *out);
void bf_words_cites_json(const struct bf_image *m, uint32_t src,
                         struct bf_buf *out); /* ["15.1"], [] */

bf_str bf_words_act(const struct bf_words *w, uint32_t act);
bf_str bf_words_state(const struct bf_words *w, uint32_t state);
/* A duty's label; of a state limit "the limit of …". */
bf_str bf_words_duty(const struct bf_words *w, uint32_t duty);
bf_str bf_words_status(const struct bf_words *w, enum bf_status status);
bf_str bf_words_refusal(const struct bf_words *w, enum bf_refusal kind);
bf_str bf_words_violation(const struct bf_words *w, uint32_t violation);
bf_str bf_words_proc(const struct bf_words *w, uint32_t proc);

/* The part of a guard that says no, as the author wrote it; empty if it is not known. */
bf_str bf_words_guard_part(const struct bf_words *w, uint32_t first, uint32_t end);

/* "by 2025-10-13 周一", "without a limit", "standing still"; provisional dates say so. */
bf_str bf_words_due(const struct bf_words *w, const struct bf_due *due);
/* What w's calendar says otherwise than an older one of the days up to the later of two: the first such days, and the
** notice that says so. Empty if nothing differs among the days of a year before. */
bf_str bf_words_calendar_change(const struct bf_words *w, const struct bf_calendar *old, bf_day x,
                                bf_day y);
/* Which days a term counts and which it leaves out, and why; two lines, either may be empty. */
void bf_words_days(const struct bf_words *w, const struct bf_term *term, const struct bf_due *due,
                   bf_str *counted, bf_str *left_out);

#endif
