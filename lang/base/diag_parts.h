/* What the parts of diag share: the message tables, and the collector as the renderers see it. */
#ifndef BF_DIAG_PARTS_H
#define BF_DIAG_PARTS_H

#include "lang/base/diag.h"

enum { BF_SEVERITIES = BF_SEV_NOTE + 1 };

struct bf_diags {
    struct bf_arena *arena;
    struct bf_sources *sources;
    uint32_t max_shown;
    struct bf_diag **shown;
    uint32_t shown_count, shown_cap;
    uint32_t count[BF_SEVERITIES];  /* all */
    uint32_t hidden[BF_SEVERITIES]; /* those of which only the count was kept */
    struct bf_diag scratch;
};

enum bf_severity bf_diag_severity(enum bf_diag_code code);
const char *bf_diag_template(enum bf_lang lang, enum bf_diag_code code);
void bf_template_render(struct bf_buf *out, enum bf_lang lang, const char *text, const bf_arg *args,
                        int nargs);

/* Does the first label describe the primary span? */
bool bf_diag_first_is_primary(const struct bf_diag *d);

void bf_diag_to_terminal(const struct bf_diags *ds, const struct bf_diag *d,
                         const struct bf_render *how, struct bf_buf *out);
void bf_diag_to_json(const struct bf_diags *ds, const struct bf_diag *d, enum bf_lang lang,
                     struct bf_buf *out);
void bf_hidden_to_json(uint32_t hidden, uint32_t limit, bf_str message, struct bf_buf *out);

#endif
