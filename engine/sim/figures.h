/* Figures: what a policy's measures come to over cases, by party and in all.
**
** A case counts if it started on a day of the interval, as it stood when the last day of the interval was over: the rows
** of its journal that bear a later day are left out. Each case is looked at by the measure of its own version of the
** policy; figures of one name and policy are added up. Counts are whole numbers and a share is two of them; nothing is
** divided. Simulator and service count with the same code, so that one journal gives one figure.
*/
#ifndef BF_FIGURES_H
#define BF_FIGURES_H

#include "engine/core/journal_file.h"
#include "lang/base/diag.h"

#define BF_DAY_ANY_FROM INT32_MIN
#define BF_DAY_ANY_TO INT32_MAX

struct bf_figure_row {
    struct bf_value who; /* absent: all */
    uint64_t counted, over;
};
struct bf_figure {
    const struct bf_image *image; /* the latest version that has it */
    const struct bf_i_measure *measure;
    struct bf_figure_row total;
    struct bf_figure_row
        *rows; /* one a party, in the order in which they were met; if it is per party */
    uint32_t row_count, row_cap;
    uint32_t *slot, slots; /* rows by party, + 1 */
    uint64_t
        failed; /* cases of which the condition could not be told (a sum overflowed, a day no calendar knows) */
};
struct bf_figures {
    struct bf_arena *arena;
    bf_day from, to;
    bf_str only; /* the measure of that name; empty: all */
    struct bf_figure *figure;
    uint32_t count, cap;
    uint64_t unknown; /* cases whose rows of then were dropped */
    /* Whose rows are told. Then no totals are, nor what is not by party: out of a total and one's own row follow the
    ** others'. NULL: all. */
    bool (*sees)(void *ctx, struct bf_value who);
    void *sees_ctx;
};

/* Everything lives in the arena, whose exhaustion goes to its jump point. */
void bf_figures_init(struct bf_figures *f, struct bf_arena *a, bf_day from, bf_day to, bf_str only);
/* Measures of an image that are told though no case was counted. The image outlives the figures. */
void bf_figures_know(struct bf_figures *f, const struct bf_image *m);
/* A case as it stood at the end of the interval. calendar: for conditions that count days; NULL: none. scratch is reset. */
void bf_figures_add(struct bf_figures *f, const struct bf_image *m,
                    const struct bf_calendar *calendar, const struct bf_case *c,
                    struct bf_arena *scratch);
/* Does a row of the journal tell of a day after the interval? calendar: of the row, or the last one known. */
bool bf_figures_after(const struct bf_figures *f, const struct bf_entry *n,
                      const struct bf_calendar *calendar);
/* All cases of a journal, which is read to its end. */
enum bf_err bf_figures_read(struct bf_figures *f, struct bf_journal_in *in, struct bf_error *e);

/* {"from":…,"measures":[{"cites":[…],"counted":1,"failed":0,"label":…,"name":…,"over":2,"policy":…,"rows":[…]}],…} */
void bf_figures_json(const struct bf_figures *f, struct bf_buf *out);
void bf_figures_text(const struct bf_figures *f, enum bf_lang lang, struct bf_buf *out);

#endif
